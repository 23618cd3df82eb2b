package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes callers' changes to one database, over a few connections that are kept. */
final class PostgresOwner implements Owner {
  private static final int CONNECTIONS = 8;
  private static final int VALID_SECONDS = 2;

  private final Database database;
  private final BlockingQueue<Session> idle = new ArrayBlockingQueue<>(CONNECTIONS);

  /** A connection and what it knows of the tables. */
  private record Session(Connection connection, Map<Binding, Table> tables) {}

  PostgresOwner(Database database) {
    this.database = database;
  }

  @Override
  public Optional<WriteReceipt> update(
      Binding binding, Key key, Row patch, @Nullable Row expected) {
    Session session = session();
    boolean usable = false;
    try {
      Optional<WriteReceipt> receipt = update(session, binding, key, patch, expected);
      usable = true;
      return receipt;
    } catch (SQLException failed) {
      String state = failed.getSQLState() == null ? "" : failed.getSQLState();
      if (state.startsWith("22")
          || state.startsWith("23")
          || state.equals("P0001")
          // A column that is computed, or numbered by the server alone.
          || state.equals("428C9")) {
        usable = true;
        throw refused(failed);
      }
      throw database.failure("writing", failed);
    } finally {
      if (!usable || !idle.offer(session)) {
        close(session);
      }
    }
  }

  /** A kept session that still works, or a new one. */
  private Session session() {
    while (true) {
      Session kept = idle.poll();
      if (kept == null) {
        return new Session(database.connect("connecting"), new HashMap<>());
      }
      try {
        if (kept.connection().isValid(VALID_SECONDS)) {
          return kept;
        }
      } catch (SQLException broken) {
        // Closed below, like one that does not answer.
      }
      close(kept);
    }
  }

  private UnisonoException refused(SQLException failed) {
    return new UnisonoException(
        new Problem(
            "refused-by-owner",
            ProblemType.USER,
            database.system()
                + " refuses the values: "
                + Failures.firstLine(failed.getMessage())
                + ".",
            null,
            "Correct the values; nothing was written."),
        failed);
  }

  private static Optional<WriteReceipt> update(
      Session session, Binding binding, Key key, Row patch, @Nullable Row expected)
      throws SQLException {
    Table table = session.tables().get(binding);
    if (table == null) {
      table =
          Table.find(session.connection(), binding.table())
              .orElseThrow(() -> new SQLException("there is no " + binding.table(), "42P01"));
      session.tables().put(binding, table);
    }
    List<String> assignments = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    List<@Nullable String> values = new ArrayList<>();
    List<@Nullable String> conditionValues = new ArrayList<>();
    for (int i = 0; i < patch.schema().size(); i++) {
      String column = binding.column(i);
      if (column == null || patch.value(i) == Unchanged.UNCHANGED) {
        continue;
      }
      if (!table.columns().containsKey(column)) {
        throw new UnisonoException(
            new Problem(
                "refused-by-owner",
                ProblemType.USER,
                table.plainName() + " has no column " + column + " any more.",
                binding.configPath(),
                "Leave the field out; nothing was written."));
      }
      ColumnType type = table.column(column).type();
      String typed = "?::" + type.sqlName();
      assignments.add(Database.quote(column) + " = " + typed);
      values.add(text(type, patch.value(i)));
      if (expected != null && expected.value(i) != Unchanged.UNCHANGED) {
        // Of json, xml, points and others PostgreSQL can only compare the texts.
        String as = type.comparable() ? "" : "::text";
        conditions.add(Database.quote(column) + as + " IS NOT DISTINCT FROM " + typed + as);
        conditionValues.add(text(type, expected.value(i)));
      }
    }
    List<String> keyColumns = Table.keyColumns(binding);
    for (int i = 0; i < keyColumns.size(); i++) {
      String column = keyColumns.get(i);
      conditions.add(Database.quote(column) + " = ?::" + table.column(column).type().sqlName());
      conditionValues.add(text(table.column(column).type(), key.part(i)));
    }
    values.addAll(conditionValues);
    return execute(session.connection(), table, assignments, conditions, values);
  }

  private static @Nullable String text(ColumnType type, @Nullable Object value) {
    return value == null ? null : type.write(value);
  }

  private static Optional<WriteReceipt> execute(
      Connection connection,
      Table table,
      List<String> assignments,
      List<String> conditions,
      List<@Nullable String> values)
      throws SQLException {
    if (assignments.isEmpty()) {
      throw new SQLException("nothing to write", "22000");
    }
    String text =
        "UPDATE "
            + table.sqlName()
            + " SET "
            + String.join(", ", assignments)
            + " WHERE "
            + conditions.stream().collect(Collectors.joining(" AND "))
            + " RETURNING pg_current_xact_id()::xid::text";
    try (PreparedStatement update = connection.prepareStatement(text)) {
      for (int i = 0; i < values.size(); i++) {
        update.setString(i + 1, values.get(i));
      }
      try (ResultSet row = update.executeQuery()) {
        return row.next()
            ? Optional.of(new WriteReceipt(Long.parseLong(row.getString(1)), true))
            : Optional.empty();
      }
    }
  }

  private static void close(Session session) {
    try {
      session.connection().close();
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }

  @Override
  public void close() {
    List<Session> sessions = new ArrayList<>();
    idle.drainTo(sessions);
    sessions.forEach(PostgresOwner::close);
  }
}
