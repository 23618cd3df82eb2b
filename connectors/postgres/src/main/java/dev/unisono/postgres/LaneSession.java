package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.LaneCursor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A session that delivers: it holds the locks of the lanes it stands for, and reads and moves their
 * cursors. For one thread.
 */
final class LaneSession implements AutoCloseable {
  /** So much longer than the server itself we wait for it. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Connection connection;
  private final String installation;
  private final TargetWriter writer;

  /**
   * @param from the first lane that it stands for
   * @param to the lane after the last one
   */
  LaneSession(
      Database database,
      List<Binding> bindings,
      String installation,
      int from,
      int to,
      Duration answerTimeout) {
    this.installation = installation;
    this.connection = database.connect("connecting");
    try {
      checkWritable();
      for (int lane = from; lane < to; lane++) {
        lock(lane);
      }
      limitAnswers(answerTimeout);
      this.writer = new TargetWriter(database, connection, bindings);
      connection.setAutoCommit(false);
    } catch (SQLException failed) {
      close();
      throw database.failure("looking up the tables", failed);
    }
  }

  Connection connection() {
    return connection;
  }

  TargetWriter writer() {
    return writer;
  }

  Optional<LaneCursor> cursor(int lane) throws SQLException {
    return cursor(connection, installation, lane);
  }

  void rollback() {
    try {
      connection.rollback();
    } catch (SQLException gone) {
      // The next statement says so.
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
  private void lock(int lane) throws SQLException {
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

  /** What moves a lane's cursor. */
  static Write cursorWrite(String installation, int lane, int lanes, LaneCursor cursor) {
    return new Write(
        "INSERT INTO "
            + PostgresTarget.CURSOR_TABLE
            + " VALUES (?, ?::int, ?::int, ?::bigint, ?::bigint) ON CONFLICT (installation, lane)"
            + " DO UPDATE SET lanes = EXCLUDED.lanes, epoch = EXCLUDED.epoch, sequence ="
            + " EXCLUDED.sequence",
        List.of(
            installation,
            Integer.toString(lane),
            Integer.toString(lanes),
            Long.toString(cursor.epoch()),
            Long.toString(cursor.sequence())));
  }
}
