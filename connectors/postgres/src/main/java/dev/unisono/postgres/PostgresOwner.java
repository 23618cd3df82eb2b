package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes callers' changes to one database, over a few connections that are kept. */
final class PostgresOwner implements Owner {
  private static final int CONNECTIONS = 8;
  private static final int VALID_SECONDS = 2;

  private final Database database;
  private final BlockingQueue<Session> idle = new ArrayBlockingQueue<>(CONNECTIONS);

  /** A connection and what it knows of the tables. */
  private record Session(Connection connection, Map<Binding, OwnedTable> tables) {
    OwnedTable table(Binding binding) throws SQLException {
      OwnedTable known = tables.get(binding);
      if (known != null) {
        return known;
      }
      Table table =
          Table.find(connection, binding.table())
              .orElseThrow(() -> new SQLException("there is no " + binding.table(), "42P01"));
      OwnedTable found = new OwnedTable(binding, table);
      tables.put(binding, found);
      return found;
    }
  }

  /** Something done over a session, which is as good as before if it succeeds. */
  private interface Work<T> {
    T over(Session session) throws SQLException;
  }

  PostgresOwner(Database database) {
    this.database = database;
  }

  @Override
  public Inserted insert(Binding binding, Row row, Consumer<Key> keyed) {
    return work(
        "the values", "Correct the values", session -> insert(session, binding, row, keyed));
  }

  private Inserted insert(Session session, Binding binding, Row row, Consumer<Key> keyed)
      throws SQLException {
    Connection connection = session.connection();
    OwnedTable table = session.table(binding);
    connection.setAutoCommit(false);
    boolean made = false;
    try {
      Inserted inserted = table.insert(connection, row);
      keyed.accept(inserted.key());
      connection.commit();
      made = true;
      return inserted;
    } catch (SQLException failed) {
      if (taken(failed)) {
        connection.rollback();
        if (table.has(connection, row)) {
          throw exists(binding, row);
        }
      }
      throw failed;
    } finally {
      if (!made) {
        connection.rollback();
      }
      connection.setAutoCommit(true);
    }
  }

  @Override
  public Optional<WriteReceipt> update(
      Binding binding, Key key, Row patch, @Nullable Row expected) {
    return work(
        "the values",
        "Correct the values",
        session -> session.table(binding).update(session.connection(), key, patch, expected));
  }

  @Override
  public Optional<WriteReceipt> delete(Binding binding, Key key, @Nullable Row expected) {
    return work(
        "the delete",
        "Look at what refers to it",
        session -> session.table(binding).delete(session.connection(), key, expected));
  }

  @Override
  public Filling filling(Binding binding) {
    return work("the question", "Ask again", session -> session.table(binding).filling());
  }

  /**
   * Has something done over a session that works.
   *
   * @param what the database may refuse
   * @param remedy what a caller can do then
   */
  private <T> T work(String what, String remedy, Work<T> work) {
    Session session = session();
    boolean usable = false;
    try {
      T done = work.over(session);
      usable = true;
      return done;
    } catch (SQLException failed) {
      if (refuses(failed)) {
        usable = true;
        throw refused(what, remedy, failed);
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

  /** Whether an error is about the row: its form, a constraint, a trigger, a computed column. */
  private static boolean refuses(SQLException failed) {
    return RowRefusal.of(failed).isPresent()
        // A column that is computed, or numbered by the server alone.
        || "428C9".equals(failed.getSQLState());
  }

  private static boolean taken(SQLException failed) {
    return RowRefusal.of(failed).map(RowRefusal::taken).orElse(false);
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

  private UnisonoException refused(String what, String remedy, SQLException failed) {
    return new UnisonoException(
        new Problem(
            "refused-by-owner",
            ProblemType.USER,
            database.system()
                + " refuses "
                + what
                + ": "
                + Failures.firstLine(failed.getMessage())
                + ".",
            null,
            remedy + "; nothing was written."),
        failed);
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
