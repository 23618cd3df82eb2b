package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Changes rows of a database on behalf of callers, each in a transaction of its own that a marker
 * begins: its place in the log is the number by which the change comes back. Safe for threads.
 */
final class JdbcOwner implements Owner {
  private final Database database;
  private final Dialect dialect;

  /** What is done with a table over a connection. */
  private interface Work<T> {
    T with(Connection connection, OwnedTable table) throws SQLException, OwnedTable.Refused;
  }

  JdbcOwner(Database database) {
    this.database = database;
    this.dialect = database.dialect();
  }

  @Override
  public Inserted insert(Binding binding, Row row, Consumer<Key> keyed) {
    return work(
        binding,
        "the values",
        "Correct the values",
        (connection, table) -> {
          try {
            return written(
                    connection,
                    place -> {
                      Key key = table.insert(connection, row);
                      keyed.accept(key);
                      return Optional.of(new Inserted(key, new WriteReceipt(place, true)));
                    })
                .orElseThrow();
          } catch (SQLException failed) {
            if (taken(failed) && table.has(connection, row)) {
              throw exists(binding, row);
            }
            throw failed;
          }
        });
  }

  private boolean taken(SQLException failed) {
    return dialect.refusal(dialect.cause(failed)).map(RowRefusal::taken).orElse(false);
  }

  @Override
  public Optional<WriteReceipt> update(
      Binding binding, Key key, Row patch, @Nullable Row expected) {
    return work(
        binding,
        "the values",
        "Correct the values",
        (connection, table) ->
            written(
                connection,
                place -> receipt(place, table.update(connection, key, patch, expected))));
  }

  @Override
  public Optional<WriteReceipt> delete(Binding binding, Key key, @Nullable Row expected) {
    return work(
        binding,
        "the delete",
        "Look at what refers to it",
        (connection, table) ->
            written(connection, place -> receipt(place, table.delete(connection, key, expected))));
  }

  private static Optional<WriteReceipt> receipt(long place, boolean found) {
    return found ? Optional.of(new WriteReceipt(place, true)) : Optional.empty();
  }

  @Override
  public Filling filling(Binding binding) {
    return work(binding, "the question", "Ask again", (_, table) -> table.filling());
  }

  /**
   * Has something done over a connection of its own.
   *
   * @param what the database may refuse
   * @param remedy what a caller can do then
   */
  private <T> T work(Binding binding, String what, String remedy, Work<T> work) {
    try (Connection connection = database.connect()) {
      Table table =
          dialect
              .find(connection, binding.table())
              .orElseThrow(() -> new UnisonoException(ReadCheck.noTable(binding)));
      return work.with(connection, new OwnedTable(dialect, binding, table));
    } catch (OwnedTable.Refused refused) {
      throw refused(what, remedy, String.valueOf(refused.getMessage()), null);
    } catch (SQLException thrown) {
      SQLException failed = dialect.cause(thrown);
      if (dialect.refusal(failed).isPresent()) {
        throw refused(what, remedy, Database.firstLine(failed.getMessage()), failed);
      }
      throw database.failure("writing", failed);
    }
  }

  /** A write of which the place of its marker is known. */
  private interface Write<T> {
    Optional<T> at(long place) throws SQLException, OwnedTable.Refused;
  }

  /** Commits what is written between a marker and an end, unless it came to nothing. */
  private <T> Optional<T> written(Connection connection, Write<T> write)
      throws SQLException, OwnedTable.Refused {
    dialect.begin(connection);
    boolean done = false;
    try {
      Optional<T> written = write.at(mark(connection, TriggerLog.MARKER));
      if (written.isEmpty()) {
        return written;
      }
      mark(connection, TriggerLog.END);
      dialect.commit(connection);
      done = true;
      return written;
    } finally {
      if (!done) {
        dialect.rollback(connection);
      }
    }
  }

  /** Writes an entry that is nobody's write but a caller's; gives its place. */
  private static long mark(Connection connection, String statement) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(statement, new String[] {"place"})) {
      insert.setLong(1, 0);
      insert.executeUpdate();
      try (ResultSet row = insert.getGeneratedKeys()) {
        row.next();
        return row.getLong(1);
      }
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

  @Override
  public void close() {
    // Each write has a connection of its own.
  }
}
