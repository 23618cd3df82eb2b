package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
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

/**
 * Writes deliveries to a target's tables over one connection, in the transaction that its owner
 * holds. For one thread.
 */
final class TargetWriter implements AutoCloseable {
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
          database
              .dialect()
              .find(connection, binding.table())
              .orElseThrow(() -> missing(binding, "there is no table " + binding.table()));
      List<String> missing = table.missing(binding);
      if (!missing.isEmpty()) {
        throw missing(binding, table.name() + " has no column " + missing.getFirst());
      }
      tables.put(binding, new TargetTable(database.dialect(), connection, binding, table));
    }
    this.parentsFirst = TableOrder.parentsFirst(bindings, binding -> table(binding).table());
  }

  private UnisonoException missing(Binding binding, String what) {
    return new UnisonoException(
        new Problem(
            "no-such-table",
            ProblemType.USER,
            "In " + database.system() + " " + what + ".",
            binding.configPath() + ".table",
            "Compare table and columns with the config; `./unisono check` names what differs."));
  }

  /**
   * What the database says against rows.
   *
   * @throws UnisonoException where it says nothing against rows, but fails
   */
  Refused refused(SQLException failed, Delivery first) {
    SQLException cause = database.dialect().cause(failed);
    RowRefusal refusal =
        database.dialect().refusal(cause).orElseThrow(() -> database.failure("writing", cause));
    return new Refused(refusal, problem(refusal, cause, first));
  }

  private Problem problem(RowRefusal refusal, SQLException failed, Delivery first) {
    String text = Database.firstLine(failed.getMessage());
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

  /** Those that the database lets be deferred. */
  void deferConstraints() throws SQLException {
    try (var statement = connection.createStatement()) {
      database.dialect().deferConstraints(statement);
    }
  }

  /** Writes in the transaction that is open. */
  void write(List<Delivery> deliveries, Manner manner) throws SQLException {
    Map<Binding, Outcome> outcomes = new HashMap<>();
    for (int i = 0; i < deliveries.size(); i++) {
      Delivery delivery = deliveries.get(i);
      Key key = delivery.key();
      if (delivery.operation() == Operation.TRUNCATE) {
        flush(outcomes, manner);
        int end = endOfTruncates(deliveries, i);
        truncate(deliveries.subList(i, end));
        i = end - 1;
      } else if (key != null && delivery.previousKey() != null) {
        move(outcomes, delivery, manner);
      } else if (key != null) {
        overlay(outcome(outcomes, delivery), key, delivery);
      }
      if (manner == Manner.ONE_BY_ONE) {
        flush(outcomes, manner);
      }
    }
    flush(outcomes, manner);
  }

  private void move(Map<Binding, Outcome> outcomes, Delivery delivery, Manner manner)
      throws SQLException {
    TargetTable table = table(delivery.binding());
    Key from = Objects.requireNonNull(delivery.previousKey());
    Key to = Objects.requireNonNull(delivery.key());
    Row row = Objects.requireNonNull(delivery.row());
    if (delivery.operation() == Operation.CREATE) {
      flush(outcomes, manner);
      table.copy(from, to, row, true);
    } else if (manner == Manner.PARENTS_FIRST) {
      flushRows(outcomes, manner);
      table.copy(from, to, row, false);
      outcome(outcomes, delivery).deletes.put(from, delivery.sourceTime());
      outcome(outcomes, delivery).deletes.remove(to);
    } else {
      flush(outcomes, manner);
      table.move(from, to, row, delivery.sourceTime());
    }
  }

  private void flush(Map<Binding, Outcome> outcomes, Manner manner) throws SQLException {
    if (manner == Manner.REPLACED) {
      flushDeletes(outcomes);
      flushRows(outcomes, manner);
    } else {
      flushRows(outcomes, manner);
      flushDeletes(outcomes);
    }
  }

  private static int endOfTruncates(List<Delivery> deliveries, int from) {
    int end = from + 1;
    while (end < deliveries.size() && deliveries.get(end).operation() == Operation.TRUNCATE) {
      end++;
    }
    return end;
  }

  private static Outcome outcome(Map<Binding, Outcome> outcomes, Delivery delivery) {
    return outcomes.computeIfAbsent(delivery.binding(), any -> new Outcome());
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

  private void flushRows(Map<Binding, Outcome> outcomes, Manner manner) throws SQLException {
    for (Binding binding : parentsFirst) {
      Outcome outcome = outcomes.get(binding);
      if (outcome != null && !outcome.rows.isEmpty()) {
        if (manner == Manner.REPLACED) {
          table(binding).replace(outcome.rows);
        }
        writeRows(table(binding), outcome);
        outcome.rows.clear();
        outcome.begun.clear();
      }
    }
  }

  private void flushDeletes(Map<Binding, Outcome> outcomes) throws SQLException {
    for (Binding binding : parentsFirst.reversed()) {
      Outcome outcome = outcomes.get(binding);
      if (outcome != null && !outcome.deletes.isEmpty()) {
        table(binding).delete(outcome.deletes);
        outcome.deletes.clear();
      }
    }
  }

  private void writeRows(TargetTable table, Outcome outcome) throws SQLException {
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
      table.upsert(whole);
    }
    if (!begun.isEmpty()) {
      table.insert(begun);
    }
    if (!partial.isEmpty()) {
      table.update(partial);
    }
  }

  /** All tables that the source emptied together, together: they may refer to each other. */
  private void truncate(List<Delivery> truncates) throws SQLException {
    Map<Binding, Instant> emptied = new HashMap<>();
    truncates.forEach(delivery -> emptied.put(delivery.binding(), delivery.sourceTime()));
    for (Binding binding : parentsFirst.reversed()) {
      Instant time = emptied.get(binding);
      if (time != null) {
        table(binding).truncate(time);
      }
    }
  }

  @Override
  public void close() {
    tables.values().forEach(TargetTable::close);
  }
}
