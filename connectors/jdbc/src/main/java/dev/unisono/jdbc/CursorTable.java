package dev.unisono.jdbc;

import dev.unisono.spi.LaneCursor;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The table of ours in which a target keeps the cursors of one installation, each with the session
 * that holds its lane. Has no state; safe for threads.
 */
final class CursorTable {
  /** Not a lane: where its cursor has an epoch, a repair is noted. */
  static final int REPAIR_NOTE = -1;

  /** Not a lane: who holds it writes to what is read as well. */
  static final int MEMBER = -2;

  static final String CREATE =
      "CREATE TABLE IF NOT EXISTS unisono_cursor (installation VARCHAR(64) NOT NULL,"
          + " lane INTEGER NOT NULL, lanes INTEGER NOT NULL, epoch BIGINT NOT NULL,"
          + " reached BIGINT NOT NULL, holder VARCHAR(64), PRIMARY KEY (installation, lane))";

  private final String installation;

  CursorTable(String installation) {
    this.installation = installation;
  }

  void create(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE);
    }
  }

  /** The number of lanes that is kept; 0 where none is. */
  int lanes(Connection connection) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT max(lanes) FROM unisono_cursor WHERE installation = ?")) {
      select.setString(1, installation);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  /** Where a lane stands; empty where it never delivered. */
  Optional<LaneCursor> read(Connection connection, int lane) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT epoch, reached FROM unisono_cursor WHERE installation = ? AND lane = ? AND"
                + " epoch <> 0")) {
      select.setString(1, installation);
      select.setInt(2, lane);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(new LaneCursor(row.getLong(1), row.getLong(2)))
            : Optional.empty();
      }
    }
  }

  /** From now on a lane is this session's alone. */
  void hold(Connection connection, int lane, int lanes, String holder) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE unisono_cursor SET holder = ? WHERE installation = ? AND lane = ?")) {
      update.setString(1, holder);
      update.setString(2, installation);
      update.setInt(3, lane);
      if (update.executeUpdate() == 0) {
        insert(connection, lane, lanes, new LaneCursor(0, 0), holder);
      }
    }
  }

  private void insert(
      Connection connection, int lane, int lanes, LaneCursor cursor, @Nullable String holder)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO unisono_cursor VALUES (?, ?, ?, ?, ?, ?)")) {
      insert.setString(1, installation);
      insert.setInt(2, lane);
      insert.setInt(3, lanes);
      insert.setLong(4, cursor.epoch());
      insert.setLong(5, cursor.sequence());
      insert.setString(6, holder);
      insert.executeUpdate();
    }
  }

  /** Moves a lane's cursor; false where the session does not hold the lane any more. */
  boolean move(Connection connection, int lane, String holder, LaneCursor cursor)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE unisono_cursor SET epoch = ?, reached = ? WHERE installation = ? AND lane = ?"
                + " AND holder = ?")) {
      update.setLong(1, cursor.epoch());
      update.setLong(2, cursor.sequence());
      update.setString(3, installation);
      update.setInt(4, lane);
      update.setString(5, holder);
      return update.executeUpdate() == 1;
    }
  }

  /** Sets a cursor whoever holds the lane. */
  void set(Connection connection, int lane, int lanes, LaneCursor cursor) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE unisono_cursor SET lanes = ?, epoch = ?, reached = ? WHERE installation = ? AND"
                + " lane = ?")) {
      update.setInt(1, lanes);
      update.setLong(2, cursor.epoch());
      update.setLong(3, cursor.sequence());
      update.setString(4, installation);
      update.setInt(5, lane);
      if (update.executeUpdate() == 0) {
        insert(connection, lane, lanes, cursor, null);
      }
    }
  }

  /** From now on so many lanes are kept, those that are no more among them. */
  void setLanes(Connection connection, int lanes) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE unisono_cursor SET lanes = ? WHERE installation = ?")) {
      update.setInt(1, lanes);
      update.setString(2, installation);
      update.executeUpdate();
    }
  }
}
