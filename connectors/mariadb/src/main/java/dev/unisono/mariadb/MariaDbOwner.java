package dev.unisono.mariadb;

import dev.unisono.jdbc.OwnedTable;
import dev.unisono.jdbc.RowRefusal;
import dev.unisono.mariadb.Gtids.Gtid;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
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
import java.util.function.Consumer;
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
  private final MariaDbDialect dialect;
  private final BlockingQueue<Session> idle = new ArrayBlockingQueue<>(CONNECTIONS);

  /** A connection and what it knows of the tables. */
  private record Session(Connection connection, Map<Binding, OwnedTable> tables) {}

  /** What is done with a table over a connection, which is as good as before if it succeeds. */
  private interface Work<T> {
    T with(Connection connection, OwnedTable table) throws SQLException, OwnedTable.Refused;
  }

  MariaDbOwner(Database database) {
    this.database = database;
    this.dialect = new MariaDbDialect(database.address().database());
  }

  @Override
  public Inserted insert(Binding binding, Row row, Consumer<Key> keyed) {
    return work(
        binding,
        "the values",
        "Correct the values",
        (connection, table) -> insert(connection, table, binding, row, keyed));
  }

  private Inserted insert(
      Connection connection, OwnedTable table, Binding binding, Row row, Consumer<Key> keyed)
      throws SQLException, OwnedTable.Refused {
    connection.setAutoCommit(false);
    boolean made = false;
    try {
      Key key = table.insert(connection, row);
      keyed.accept(key);
      connection.commit();
      made = true;
      return new Inserted(
          key, new WriteReceipt(Gtid.parse(lastWritten(connection)).number(), true));
    } catch (SQLException failed) {
      if (taken(failed) && table.has(connection, row)) {
        throw exists(binding, row);
      }
      throw failed;
    } finally {
      if (!made) {
        connection.rollback();
      }
      connection.setAutoCommit(true);
    }
  }

  private boolean taken(SQLException failed) {
    return dialect.refusal(failed).map(RowRefusal::taken).orElse(false);
  }

  @Override
  public Optional<WriteReceipt> update(
      Binding binding, Key key, Row patch, @Nullable Row expected) {
    return work(
        binding,
        "the values",
        "Correct the values",
        (connection, table) -> {
          String before = lastWritten(connection);
          return table.update(connection, key, patch, expected)
              ? Optional.of(receipt(connection, before))
              : Optional.empty();
        });
  }

  @Override
  public Optional<WriteReceipt> delete(Binding binding, Key key, @Nullable Row expected) {
    return work(
        binding,
        "the delete",
        "Look at what refers to it",
        (connection, table) -> {
          String before = lastWritten(connection);
          return table.delete(connection, key, expected)
              ? Optional.of(receipt(connection, before))
              : Optional.empty();
        });
  }

  @Override
  public Filling filling(Binding binding) {
    return work(binding, "the question", "Ask again", (_, table) -> table.filling());
  }

  /**
   * Has something done with a table over a session that works.
   *
   * @param what the server may refuse
   * @param remedy what a caller can do then
   */
  private <T> T work(Binding binding, String what, String remedy, Work<T> work) {
    Session session = session();
    boolean usable = false;
    try {
      T done = work.with(session.connection(), table(session, binding));
      usable = true;
      return done;
    } catch (OwnedTable.Refused refused) {
      usable = true;
      throw refused(what, remedy, String.valueOf(refused.getMessage()), null);
    } catch (SQLException failed) {
      if (dialect.refusal(failed).isPresent()) {
        usable = true;
        throw refused(what, remedy, Failures.firstLine(failed.getMessage()), failed);
      }
      throw database.failure("writing", failed);
    } catch (UnisonoException refused) {
      // Said before anything was written, or after it was undone.
      usable = refused.problem().type() == ProblemType.USER;
      throw refused;
    } finally {
      if (!usable || !idle.offer(session)) {
        close(session);
      }
    }
  }

  private OwnedTable table(Session session, Binding binding) throws SQLException {
    OwnedTable known = session.tables().get(binding);
    if (known != null) {
      return known;
    }
    OwnedTable found =
        new OwnedTable(
            dialect,
            binding,
            dialect
                .find(session.connection(), binding.table())
                .orElseThrow(() -> new UnisonoException(Table.missing(binding))));
    session.tables().put(binding, found);
    return found;
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

  private UnisonoException exists(Binding binding, Row row) {
    return new UnisonoException(
        new Problem(
            "exists",
            ProblemType.USER,
            database.system()
                + " has a "
                + binding.schema().name()
                + " "
                + row.schema().key(row)
                + " already.",
            null,
            "Change that one, or take another key; nothing was written."));
  }

  private UnisonoException refused(
      String what, String remedy, String why, @Nullable SQLException cause) {
    return new UnisonoException(
        new Problem(
            "refused-by-owner",
            ProblemType.USER,
            database.system() + " refuses " + what + ": " + why + ".",
            null,
            remedy + "; nothing was written."),
        cause);
  }

  /** A row that already has these values is found, and nothing is written to the binlog. */
  private static WriteReceipt receipt(Connection connection, String before) throws SQLException {
    String after = lastWritten(connection);
    return after.isEmpty() || after.equals(before)
        ? new WriteReceipt(0, false)
        : new WriteReceipt(Gtid.parse(after).number(), true);
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
