package dev.unisono.mariadb;

import dev.unisono.mariadb.Gtids.Gtid;
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
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Changes rows of a MariaDB on behalf of callers, each by one statement in a transaction of its
 * own, whose global transaction identifier tells it in the binlog. Keeps a few connections. Safe
 * for threads.
 */
final class MariaDbOwner implements Owner {
  private static final int CONNECTIONS = 8;
  private static final int VALID_SECONDS = 5;

  private final Database database;
  private final BlockingQueue<Session> idle = new ArrayBlockingQueue<>(CONNECTIONS);

  /** A connection and what it knows of the tables. */
  private record Session(Connection connection, Map<Binding, Table> tables) {}

  MariaDbOwner(Database database) {
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
      if (refuses(failed)) {
        usable = true;
        throw refused(Failures.firstLine(failed.getMessage()), failed);
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

  /**
   * Whether an error is about the values: their form, a constraint, a trigger, a computed column.
   */
  private static boolean refuses(SQLException failed) {
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    return state.startsWith("22")
        || state.startsWith("23")
        || state.startsWith("01")
        || state.equals("45000")
        || failed.getErrorCode() == 1906;
  }

  private UnisonoException refused(String why, @Nullable SQLException cause) {
    return new UnisonoException(
        new Problem(
            "refused-by-owner",
            ProblemType.USER,
            database.system() + " refuses the values: " + why + ".",
            null,
            "Correct the values; nothing was written."),
        cause);
  }

  private Optional<WriteReceipt> update(
      Session session, Binding binding, Key key, Row patch, @Nullable Row expected)
      throws SQLException {
    Table table = session.tables().get(binding);
    if (table == null) {
      table = Table.named(session.connection(), binding, database.address().database());
      session.tables().put(binding, table);
    }
    List<String> assignments = new ArrayList<>();
    List<@Nullable Object> values = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    List<@Nullable Object> compared = new ArrayList<>();
    for (int i = 0; i < patch.schema().size(); i++) {
      String name = binding.column(i);
      if (name == null || patch.value(i) == Unchanged.UNCHANGED) {
        continue;
      }
      Table.Column column = table.columns().get(name);
      if (column == null) {
        throw refused(table.name().plain() + " has no column " + name + " any more", null);
      }
      assignments.add(Database.quote(name) + " = ?");
      values.add(TableValues.parameter(patch.value(i)));
      if (expected != null && expected.value(i) != Unchanged.UNCHANGED) {
        conditions.add(same(column));
        compared.add(TableValues.parameter(expected.value(i)));
      }
    }
    if (assignments.isEmpty()) {
      throw refused("there is nothing to write", null);
    }
    List<String> keyColumns = Table.keyColumns(binding);
    for (int i = 0; i < keyColumns.size(); i++) {
      Table.Column column = table.columns().get(keyColumns.get(i));
      if (column == null) {
        throw refused(table.name().plain() + " has lost its key", null);
      }
      conditions.add(Database.quote(column.name()) + " = ?");
      compared.add(TableValues.parameter(key.part(i)));
      if (column.charset().isPresent()) {
        // A collation may take another key for this one.
        conditions.add(same(column));
        compared.add(TableValues.parameter(key.part(i)));
      }
    }
    values.addAll(compared);
    return execute(
        session.connection(),
        "UPDATE "
            + table.name().sql()
            + " SET "
            + String.join(", ", assignments)
            + " WHERE "
            + String.join(" AND ", conditions),
        values);
  }

  private static String same(Table.Column column) {
    return MariaDbDialect.same(column.name(), column.type());
  }

  private static Optional<WriteReceipt> execute(
      Connection connection, String text, List<@Nullable Object> values) throws SQLException {
    String before = lastWritten(connection);
    try (PreparedStatement update = connection.prepareStatement(text)) {
      for (int i = 0; i < values.size(); i++) {
        update.setObject(i + 1, values.get(i));
      }
      if (update.executeUpdate() == 0) {
        return Optional.empty();
      }
    }
    String after = lastWritten(connection);
    // A row that already has these values is found, and nothing is written to the binlog.
    return Optional.of(
        after.isEmpty() || after.equals(before)
            ? new WriteReceipt(0, false)
            : new WriteReceipt(Gtid.parse(after).number(), true));
  }

  /** The identifier of this session's last transaction; empty where it had none. */
  private static String lastWritten(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT @@last_gtid")) {
      row.next();
      String gtid = row.getString(1);
      return gtid == null ? "" : gtid;
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
    sessions.forEach(MariaDbOwner::close);
  }
}
