package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Marks transactions of our own in the log that triggers write. The log is made with the triggers;
 * where it is not there yet, nothing is written. Has no state.
 */
final class TriggerMarker implements WriteMarker {
  @Override
  public void prepare(Connection connection) {
    // Whoever reads the log makes it.
  }

  @Override
  public void put(Connection connection, long number) throws SQLException {
    write(connection, TriggerLog.MARKER, number);
  }

  @Override
  public void end(Connection connection, long last) throws SQLException {
    write(connection, TriggerLog.END, last);
  }

  private static void write(Connection connection, String statement, long number)
      throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(statement)) {
      insert.setLong(1, number);
      insert.executeUpdate();
    }
  }
}
