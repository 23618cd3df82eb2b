package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One lane into a database: a connection, and transactions that carry the lane's cursor. */
final class PostgresLane implements Lane {
  /** So much longer than the server itself we wait for it. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  /** More than this are not tried one by one. */
  private static final int ONE_BY_ONE = 1_000;

  /** How the rows of a transaction of ours follow each other. */
  private enum Manner {
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
  private record Refused(RowRefusal refusal, Problem problem) {
    DeliveryOutcome outcome(int applied) {
      return refusal.waits()
          ? new DeliveryOutcome.Waiting(applied, problem, refusal.constraint())
          : new DeliveryOutcome.Refused(applied, problem, refusal.constraint());
    }
  }

  private final Database database;
  private final Connection connection;
  private final String installation;
  private final int lane;
  private final int lanes;
  private final Map<Binding, TargetTable> tables = new HashMap<>();

  /** Parents before children, as the database's own foreign keys say. */
  private final List<Binding> parentsFirst;

  PostgresLane(
      Database database,
      List<Binding> bindings,
      String installation,
      int lane,
      int lanes,
      Duration answerTimeout) {
    this.database = database;
    this.installation = installation;
    this.lane = lane;
    this.lanes = lanes;
    this.connection = database.connect("connecting");
    try {
      checkWritable();
      lock();
      limitAnswers(answerTimeout);
      for (Binding binding : bindings) {
        Table table =
            Table.find(connection, binding.table())
                .orElseThrow(
                    () -> new SQLException("there is no table " + binding.table(), "42P01"));
        checkColumns(binding, table);
        tables.put(binding, new TargetTable(binding, table));
      }
      this.parentsFirst =
          TableOrder.parentsFirst(
              connection, bindings, binding -> table(binding).table().relation());
      connection.setAutoCommit(false);
    } catch (SQLException failed) {
      close();
      throw database.failure("looking up the tables", failed);
    }
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

  /** A standby takes reads and the lock; it is told before anything is delivered to it. */
  private void checkWritable() throws SQLException {
    try (var statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW transaction_read_only")) {
      row.next();
      if (row.getString(1).equals("on")) {
        throw new SQLException("the server takes reads only", Failures.READ_ONLY);
      }
    }
  }

  /**
   * Waits until no other session has this lane: one of a server that was killed may still commit,
   * and its cursor must be read after that (invariant 4). The lock ends with the session, and the
   * session of a machine that is gone ends soon.
   */
  private void lock() throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(
          "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
              + " SET tcp_keepalives_count = 3; SET lock_timeout = '10s'");
      statement.execute("SELECT pg_advisory_lock(" + installation.hashCode() + ", " + lane + ")");
      statement.execute("SET lock_timeout = 0");
    }
  }

  /**
   * A server that takes too long for a statement ends it itself, so that its session does not keep
   * the lane; one that does not even do that loses the connection.
   */
  private void limitAnswers(Duration answerTimeout) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("SET statement_timeout = " + answerTimeout.toMillis());
    }
    connection.setNetworkTimeout(
        Runnable::run, (int) Math.min(Integer.MAX_VALUE, answerTimeout.plus(GRACE).toMillis()));
  }

  @Override
  public Optional<LaneCursor> cursor() {
    try {
      Optional<LaneCursor> found = cursor(connection, installation, lane);
      connection.rollback();
      return found;
    } catch (SQLException failed) {
      throw database.failure("reading the cursor", failed);
    }
  }

  static Optional<LaneCursor> cursor(Connection connection, String installation, int lane)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT epoch, sequence FROM "
                + PostgresTarget.CURSOR_TABLE
                + " WHERE installation = ? AND lane = ?")) {
      select.setString(1, installation);
      select.setInt(2, lane);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(new LaneCursor(row.getLong(1), row.getLong(2)))
            : Optional.empty();
      }
    }
  }

  @Override
  public DeliveryOutcome apply(List<Delivery> deliveries, LaneCursor cursor) {
    Refused refused = attempt(deliveries, cursor, Manner.OVERLAID);
    if (refused == null) {
      return new DeliveryOutcome.Applied(deliveries.size());
    }
    if (deliveries.size() == 1) {
      return refused.outcome(0);
    }
    // Somewhere in here is one that cannot be: halves lead to it, and all before it is kept.
    int middle = deliveries.size() / 2;
    List<Delivery> first = deliveries.subList(0, middle);
    DeliveryOutcome before =
        apply(first, new LaneCursor(cursor.epoch(), first.getLast().sequence()));
    if (before.applied() < first.size()) {
      return before;
    }
    DeliveryOutcome after = apply(deliveries.subList(middle, deliveries.size()), cursor);
    return switch (after) {
      case DeliveryOutcome.Applied applied ->
          new DeliveryOutcome.Applied(middle + applied.applied());
      case DeliveryOutcome.Waiting waiting ->
          new DeliveryOutcome.Waiting(
              middle + waiting.applied(), waiting.cause(), waiting.constraint());
      case DeliveryOutcome.Refused last ->
          new DeliveryOutcome.Refused(middle + last.applied(), last.cause(), last.constraint());
    };
  }

  @Override
  public DeliveryOutcome applyAsUnit(List<Delivery> deliveries, LaneCursor cursor) {
    Refused refused = attempt(deliveries, cursor, Manner.PARENTS_FIRST);
    if (refused != null && refused.refusal().taken() && deliveries.size() <= ONE_BY_ONE) {
      refused = attempt(deliveries, cursor, Manner.ONE_BY_ONE);
    }
    if (refused != null && refused.refusal().taken()) {
      refused = attempt(deliveries, cursor, Manner.REPLACED);
    }
    return refused == null ? new DeliveryOutcome.Applied(deliveries.size()) : refused.outcome(0);
  }

  /**
   * One transaction, the cursor in it (invariant 5); the refusal where the database does not take
   * what is in it.
   */
  private @Nullable Refused attempt(List<Delivery> deliveries, LaneCursor cursor, Manner manner) {
    try {
      if (manner != Manner.OVERLAID) {
        deferConstraints();
      }
      write(deliveries, manner);
      moveCursor(cursor);
      connection.commit();
      return null;
    } catch (SQLException failed) {
      rollback();
      RowRefusal refusal =
          RowRefusal.of(failed).orElseThrow(() -> database.failure("writing", failed));
      return new Refused(refusal, problem(refusal, failed, deliveries.getFirst()));
    }
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

  private void rollback() {
    try {
      connection.rollback();
    } catch (SQLException gone) {
      // The next statement says so.
    }
  }

  /** What a run of deliveries comes to for one table: the last word for each key. */
  private static final class Outcome {
    final Map<Key, Row> rows = new LinkedHashMap<>();

    /** Of the rows those that begin here, so that one which lacks fields is inserted. */
    final Set<Key> begun = new HashSet<>();

    final Map<Key, Instant> deletes = new LinkedHashMap<>();
  }

  /** Those that the database's owner lets be deferred. */
  private void deferConstraints() throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute("SET CONSTRAINTS ALL DEFERRED");
    }
  }

  private void write(List<Delivery> deliveries, Manner manner) throws SQLException {
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
      table.copy(connection, from, to, row, true);
    } else if (manner == Manner.PARENTS_FIRST) {
      flushRows(outcomes, manner);
      table.copy(connection, from, to, row, false);
      outcome(outcomes, delivery).deletes.put(from, delivery.sourceTime());
      outcome(outcomes, delivery).deletes.remove(to);
    } else {
      flush(outcomes, manner);
      table.move(connection, from, to, row, delivery.sourceTime());
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
    if (delivery.operation() != Operation.UPDATE) {
      outcome.begun.add(key);
    }
    Row earlier = outcome.rows.get(key);
    outcome.rows.put(key, earlier == null ? row : row.over(earlier));
    outcome.deletes.remove(key);
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
          table(binding).replace(connection, outcome.rows);
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
        table(binding).delete(connection, outcome.deletes);
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
      table.upsert(connection, whole);
    }
    if (!begun.isEmpty()) {
      table.insert(connection, begun);
    }
    if (!partial.isEmpty()) {
      table.update(connection, partial);
    }
  }

  /** All tables that the source emptied together, together: they may refer to each other. */
  private void truncate(List<Delivery> truncates) throws SQLException {
    List<String> names = new ArrayList<>();
    for (Delivery delivery : truncates) {
      TargetTable table = table(delivery.binding());
      switch (table.deletes()) {
        case HARD -> names.add(table.table().sqlName());
        case SOFT -> table.markAll(connection, delivery.sourceTime());
        case IGNORE -> {}
      }
    }
    if (names.isEmpty()) {
      return;
    }
    try (var statement = connection.createStatement()) {
      statement.execute("TRUNCATE " + String.join(", ", names));
    }
  }

  private void moveCursor(LaneCursor cursor) throws SQLException {
    moveCursor(connection, installation, lane, lanes, cursor);
  }

  static void moveCursor(
      Connection connection, String installation, int lane, int lanes, LaneCursor cursor)
      throws SQLException {
    try (PreparedStatement write =
        connection.prepareStatement(
            "INSERT INTO "
                + PostgresTarget.CURSOR_TABLE
                + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (installation, lane) DO UPDATE SET lanes ="
                + " EXCLUDED.lanes, epoch = EXCLUDED.epoch, sequence = EXCLUDED.sequence")) {
      write.setString(1, installation);
      write.setInt(2, lane);
      write.setInt(3, lanes);
      write.setLong(4, cursor.epoch());
      write.setLong(5, cursor.sequence());
      write.executeUpdate();
    }
  }

  @Override
  public void advance(LaneCursor cursor) {
    try {
      moveCursor(cursor);
      connection.commit();
    } catch (SQLException failed) {
      throw database.failure("moving the cursor", failed);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }
}
