package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes deliveries to a target's tables over one connection, in the transaction that its owner
 * holds. For one thread.
 */
final class TargetWriter {
  /** How the rows of a transaction of ours follow each other. */
  enum Manner {
    /** What they come to for each key, in the order of the moves and truncates between them. */
    OVERLAID,
    /**
     * The same with a moved key written as a new row beside the old one, which goes last, so that
     * rows which refer to it can follow in between.
     */
    PARENTS_FIRST,
    /** Each by itself, as the source wrote them. */
    ONE_BY_ONE,
    /** Deletes first, then all rows of a table at once, each in the place of itself. */
    REPLACED
  }

  /** A refusal, and the problem that says so. */
  record Refused(RowRefusal refusal, Problem problem) {
    DeliveryOutcome outcome(int applied) {
      return refusal.waits()
          ? new DeliveryOutcome.Waiting(applied, problem, refusal.constraint())
          : new DeliveryOutcome.Refused(applied, problem, refusal.constraint());
    }
  }

  private final Database database;
  private final Connection connection;
  private final Map<Binding, TargetTable> tables = new HashMap<>();

  /** Parents before children, as the database's own foreign keys say. */
  private final List<Binding> parentsFirst;

  TargetWriter(Database database, Connection connection, List<Binding> bindings)
      throws SQLException {
    this.database = database;
    this.connection = connection;
    for (Binding binding : bindings) {
      Table table =
          Table.find(connection, binding.table())
              .orElseThrow(() -> new SQLException("there is no table " + binding.table(), "42P01"));
      checkColumns(binding, table);
      tables.put(binding, new TargetTable(binding, table));
    }
    this.parentsFirst =
        TableOrder.parentsFirst(connection, bindings, binding -> table(binding).table().relation());
  }

  private static void checkColumns(Binding binding, Table table) throws SQLException {
    List<@Nullable String> columns = new ArrayList<>(binding.columns());
    columns.add(binding.deletedFlag());
    for (String column : columns) {
      if (column != null && !table.columns().containsKey(column)) {
        throw new SQLException(table.plainName() + " has no column " + column, "42703");
      }
    }
  }

  /**
   * What the database says against rows.
   *
   * @throws dev.unisono.spi.UnisonoException where it says nothing against rows, but fails
   */
  Refused refused(SQLException failed, Delivery first) {
    RowRefusal refusal =
        RowRefusal.of(failed).orElseThrow(() -> database.failure("writing", failed));
    return new Refused(refusal, problem(refusal, failed, first));
  }

  private Problem problem(RowRefusal refusal, SQLException failed, Delivery first) {
    String text = Failures.firstLine(failed.getMessage());
    return new Problem(
        refusal.code(),
        ProblemType.USER,
        database.system()
            + " refuses "
            + first.binding().schema().name()
            + " "
            + (first.key() == null ? "" : first.key())
            + " (journal sequence "
            + first.sequence()
            + "): "
            + text
            + ".",
        first.binding().configPath(),
        "Correct the row in its source, or the constraint in "
            + database.system()
            + "; it is tried again from time to time, and when it is asked for.");
  }

  /** What a run of deliveries comes to for one table: the last word for each key. */
  private static final class Outcome {
    final Map<Key, Row> rows = new LinkedHashMap<>();

    /** Of the rows those that begin here, so that one which lacks fields is inserted. */
    final Set<Key> begun = new HashSet<>();

    final Map<Key, Instant> deletes = new LinkedHashMap<>();
  }

  /** Those that the database's owner lets be deferred. */
  void deferConstraints() throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("SET CONSTRAINTS ALL DEFERRED");
    }
  }

  /** Writes in the transaction that is open, or begins with it. */
  void write(List<Delivery> deliveries, Manner manner) throws SQLException {
    TargetTransaction transaction = new TargetTransaction(connection);
    write(transaction, deliveries, manner);
    transaction.runHeld();
  }

  /**
   * Writes and commits; where the deliveries come to one statement, all of it is one exchange with
   * the server.
   *
   * @param last what else is to be written in the transaction (invariant 5)
   */
  void writeAndCommit(List<Delivery> deliveries, Manner manner, Write last) throws SQLException {
    TargetTransaction transaction = new TargetTransaction(connection);
    write(transaction, deliveries, manner);
    transaction.commitWith(last);
  }

  private void write(TargetTransaction transaction, List<Delivery> deliveries, Manner manner)
      throws SQLException {
    Map<Binding, Outcome> outcomes = new HashMap<>();
    for (int i = 0; i < deliveries.size(); i++) {
      Delivery delivery = deliveries.get(i);
      Key key = delivery.key();
      if (delivery.operation() == Operation.TRUNCATE) {
        flush(transaction, outcomes, manner);
        int end = endOfTruncates(deliveries, i);
        truncate(transaction, deliveries.subList(i, end));
        i = end - 1;
      } else if (key != null && delivery.previousKey() != null) {
        move(transaction, outcomes, delivery, manner);
      } else if (key != null) {
        overlay(outcome(outcomes, delivery), key, delivery);
      }
      if (manner == Manner.ONE_BY_ONE) {
        flush(transaction, outcomes, manner);
      }
    }
    flush(transaction, outcomes, manner);
  }

  private void move(
      TargetTransaction transaction,
      Map<Binding, Outcome> outcomes,
      Delivery delivery,
      Manner manner)
      throws SQLException {
    TargetTable table = table(delivery.binding());
    Key from = Objects.requireNonNull(delivery.previousKey());
    Key to = Objects.requireNonNull(delivery.key());
    Row row = Objects.requireNonNull(delivery.row());
    if (delivery.operation() == Operation.CREATE) {
      flush(transaction, outcomes, manner);
      table.copy(transaction, from, to, row, true);
    } else if (manner == Manner.PARENTS_FIRST) {
      flushRows(transaction, outcomes, manner);
      table.copy(transaction, from, to, row, false);
      outcome(outcomes, delivery).deletes.put(from, delivery.sourceTime());
      outcome(outcomes, delivery).deletes.remove(to);
    } else {
      flush(transaction, outcomes, manner);
      table.move(transaction, from, to, row, delivery.sourceTime());
    }
  }

  private void flush(TargetTransaction transaction, Map<Binding, Outcome> outcomes, Manner manner)
      throws SQLException {
    if (manner == Manner.REPLACED) {
      flushDeletes(transaction, outcomes);
      flushRows(transaction, outcomes, manner);
    } else {
      flushRows(transaction, outcomes, manner);
      flushDeletes(transaction, outcomes);
    }
  }

  private static int endOfTruncates(List<Delivery> deliveries, int from) {
    int end = from + 1;
    while (end < deliveries.size() && deliveries.get(end).operation() == Operation.TRUNCATE) {
      end++;
    }
    return end;
  }

  private Outcome outcome(Map<Binding, Outcome> outcomes, Delivery delivery) {
    return outcomes.computeIfAbsent(
        delivery.binding(),
        binding -> {
          // What is none of ours must not vanish without a word (invariant 8).
          table(binding);
          return new Outcome();
        });
  }

  private static void overlay(Outcome outcome, Key key, Delivery delivery) {
    Row row = delivery.row();
    if (row == null) {
      outcome.rows.remove(key);
      outcome.begun.remove(key);
      outcome.deletes.put(key, delivery.sourceTime());
      return;
    }
    if (delivery.operation() != Operation.UPDATE && row.partial()) {
      outcome.begun.add(key);
    }
    Row earlier = outcome.rows.put(key, row);
    if (earlier != null) {
      outcome.rows.put(key, row.over(earlier));
    }
    if (!outcome.deletes.isEmpty()) {
      outcome.deletes.remove(key);
    }
  }

  /** The table of one of the bindings, as it is in the catalog. */
  Table tableOf(Binding binding) {
    return table(binding).table();
  }

  private TargetTable table(Binding binding) {
    TargetTable table = tables.get(binding);
    if (table == null) {
      throw new IllegalArgumentException("not one of this target's tables: " + binding);
    }
    return table;
  }

  private void flushRows(
      TargetTransaction transaction, Map<Binding, Outcome> outcomes, Manner manner)
      throws SQLException {
    for (Binding binding : parentsFirst) {
      Outcome outcome = outcomes.get(binding);
      if (outcome != null && !outcome.rows.isEmpty()) {
        if (manner == Manner.REPLACED) {
          table(binding).replace(transaction, outcome.rows);
        }
        writeRows(transaction, table(binding), outcome);
        outcome.rows.clear();
        outcome.begun.clear();
      }
    }
  }

  private void flushDeletes(TargetTransaction transaction, Map<Binding, Outcome> outcomes)
      throws SQLException {
    for (Binding binding : parentsFirst.reversed()) {
      Outcome outcome = outcomes.get(binding);
      if (outcome != null && !outcome.deletes.isEmpty()) {
        table(binding).delete(transaction, outcome.deletes);
        outcome.deletes.clear();
      }
    }
  }

  private void writeRows(TargetTransaction transaction, TargetTable table, Outcome outcome)
      throws SQLException {
    List<Row> whole = new ArrayList<>(outcome.rows.size());
    Map<Key, Row> begun = new LinkedHashMap<>();
    Map<Key, Row> partial = new LinkedHashMap<>();
    for (Map.Entry<Key, Row> entry : outcome.rows.entrySet()) {
      if (table.whole(entry.getValue())) {
        whole.add(entry.getValue());
      } else if (outcome.begun.contains(entry.getKey())) {
        begun.put(entry.getKey(), entry.getValue());
      } else {
        partial.put(entry.getKey(), entry.getValue());
      }
    }
    if (!whole.isEmpty()) {
      table.upsert(transaction, whole);
    }
    if (!begun.isEmpty()) {
      table.insert(transaction, begun);
    }
    if (!partial.isEmpty()) {
      table.update(transaction, partial);
    }
  }

  /** All tables that the source emptied together, together: they may refer to each other. */
  private void truncate(TargetTransaction transaction, List<Delivery> truncates)
      throws SQLException {
    List<String> names = new ArrayList<>();
    for (Delivery delivery : truncates) {
      TargetTable table = table(delivery.binding());
      switch (table.deletes()) {
        case HARD -> names.add(table.table().sqlName());
        case SOFT -> table.markAll(transaction, delivery.sourceTime());
        case IGNORE -> {}
      }
    }
    if (names.isEmpty()) {
      return;
    }
    transaction.add(new Write("TRUNCATE " + String.join(", ", names), List.of()));
  }
}
