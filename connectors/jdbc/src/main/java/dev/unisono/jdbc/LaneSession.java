package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A session that delivers: it has made itself the holder of the lanes it stands for, and can commit
 * only for as long as it is (invariant 4). For one thread.
 */
final class LaneSession implements AutoCloseable {
  private final Database database;
  private final Connection connection;
  private final CursorTable cursors;
  private final int from;
  private final int to;
  private final String holder = UUID.randomUUID().toString();
  private final TargetWriter writer;

  /**
   * @param from the first lane that it stands for
   * @param to the lane after the last one
   */
  LaneSession(
      Database database, List<Binding> bindings, CursorTable cursors, int from, int to, int lanes) {
    this.database = database;
    this.cursors = cursors;
    this.from = from;
    this.to = to;
    this.connection = database.connect();
    try {
      this.writer = new TargetWriter(database, connection, bindings);
      // Waits for the transaction of whoever held them before; what that one begins later fails.
      begin();
      for (int lane = from; lane < to; lane++) {
        cursors.hold(connection, lane, lanes, holder);
      }
      commit();
    } catch (SQLException failed) {
      Database.close(connection);
      throw database.failure("taking a lane", failed);
    } catch (UnisonoException failed) {
      Database.close(connection);
      throw failed;
    }
  }

  TargetWriter writer() {
    return writer;
  }

  Connection connection() {
    return connection;
  }

  void begin() throws SQLException {
    database.dialect().begin(connection);
  }

  void commit() throws SQLException {
    database.dialect().commit(connection);
  }

  void rollback() {
    try {
      database.dialect().rollback(connection);
    } catch (SQLException gone) {
      // The next statement says so.
    }
  }

  Optional<LaneCursor> cursor(int lane) throws SQLException {
    return cursors.read(connection, lane);
  }

  /** Moves a cursor in the open transaction. */
  void moveCursor(int lane, LaneCursor cursor) throws SQLException {
    if (lane < from || lane >= to) {
      throw new IllegalArgumentException("not one of this session's lanes: " + lane);
    }
    if (!cursors.move(connection, lane, holder, cursor)) {
      rollback();
      throw new UnisonoException(
          new Problem(
              "lane-in-use",
              ProblemType.TRANSIENT,
              "Another session writes to "
                  + database.system()
                  + (lane < 0 ? "" : " by lane " + lane)
                  + " by now.",
              "systems." + database.system(),
              "Does another server run with a copy of this state? Stop one of them."));
    }
  }

  @Override
  public void close() {
    writer.close();
    Database.close(connection);
  }
}
