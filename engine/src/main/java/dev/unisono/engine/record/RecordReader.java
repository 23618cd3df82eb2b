package dev.unisono.engine.record;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sqlite.Function;
import org.sqlite.ProgressHandler;
import org.sqlite.SQLiteErrorCode;

/**
 * A connection that reads the records, with what lists need of SQLite beyond SQL: an end to what
 * takes too long, and patterns of text. For one thread at a time.
 */
final class RecordReader implements AutoCloseable {
  /** So many of SQLite's steps lie between two looks at the clock: less than a millisecond. */
  private static final int STEPS_BETWEEN_LOOKS = 2_000;

  /** Lists of some forms are asked for again and again: SQLite need not compile each anew. */
  private static final int MOST_STATEMENTS = 64;

  private final Connection connection;

  /** By their text, the one that was used least lately first. */
  private final LinkedHashMap<String, PreparedStatement> statements =
      new LinkedHashMap<>(128, 0.75f, true);

  private boolean limited;
  private long deadlineNanos;

  RecordReader(Connection connection) throws SQLException {
    this.connection = connection;
    ProgressHandler.setHandler(
        connection,
        STEPS_BETWEEN_LOOKS,
        new ProgressHandler() {
          @Override
          protected int progress() {
            return limited && System.nanoTime() - deadlineNanos >= 0 ? 1 : 0;
          }
        });
    Function.create(connection, ListStatement.MATCHES, new PatternFunction());
  }

  /** The function of SQL that compares ordered text with a pattern. For one thread at a time. */
  private static final class PatternFunction extends Function {
    @Override
    protected void xFunc() throws SQLException {
      byte[] text = value_blob(0);
      byte[] parts = value_blob(1);
      result(text != null && parts != null && OrderedPattern.matches(text, parts) ? 1 : 0);
    }
  }

  /** Reads something. */
  interface Reading<T> {
    T read() throws SQLException;
  }

  /** Reads, but no longer than this. */
  <T> T within(Duration atMost, Reading<T> reading) throws SQLException, TakesTooLong {
    deadlineNanos = System.nanoTime() + atMost.toNanos();
    limited = true;
    try {
      return reading.read();
    } catch (SQLException failed) {
      if ((failed.getErrorCode() & 0xFF) == SQLiteErrorCode.SQLITE_INTERRUPT.code) {
        throw new TakesTooLong();
      }
      throw failed;
    } finally {
      limited = false;
    }
  }

  /** All that is read in it is of one moment. */
  <T> T atOnce(Reading<T> reading) throws SQLException {
    execute("BEGIN");
    try {
      return reading.read();
    } finally {
      execute("ROLLBACK");
    }
  }

  private void execute(String sql) throws SQLException {
    PreparedStatement statement = statement(sql);
    try {
      statement.execute();
    } catch (SQLException failed) {
      forget(sql);
      throw failed;
    }
  }

  /** Does something with the rows of a query. */
  interface Rows<T extends @Nullable Object> {
    T take(ResultSet rows) throws SQLException;
  }

  <T extends @Nullable Object> T query(String sql, List<byte[]> parameters, Rows<T> taker)
      throws SQLException {
    PreparedStatement select = statement(sql);
    try {
      for (int i = 0; i < parameters.size(); i++) {
        select.setBytes(i + 1, parameters.get(i));
      }
      try (ResultSet rows = select.executeQuery()) {
        return taker.take(rows);
      }
    } catch (SQLException failed) {
      forget(sql);
      throw failed;
    }
  }

  /** The driver closes some of the statements that have failed. */
  private void forget(String sql) throws SQLException {
    PreparedStatement failed = statements.remove(sql);
    if (failed != null) {
      failed.close();
    }
  }

  private PreparedStatement statement(String sql) throws SQLException {
    PreparedStatement known = statements.get(sql);
    if (known != null) {
      return known;
    }
    if (statements.size() == MOST_STATEMENTS) {
      statements.pollFirstEntry().getValue().close();
    }
    PreparedStatement made = connection.prepareStatement(sql);
    statements.put(sql, made);
    return made;
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement statement : statements.values()) {
      statement.close();
    }
    connection.close();
  }

  /** What was asked for was not read in time. */
  static final class TakesTooLong extends Exception {
    private static final long serialVersionUID = 1L;

    TakesTooLong() {
      super(null, null, false, false);
    }
  }
}
