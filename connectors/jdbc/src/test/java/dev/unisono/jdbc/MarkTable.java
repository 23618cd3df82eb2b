package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/** Marks transactions by rows of a table. Has no state. */
final class MarkTable implements WriteMarker {
  @Override
  public void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS mark (number bigint)");
    }
  }

  @Override
  public void put(Connection connection, long number) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("INSERT INTO mark VALUES (?)")) {
      insert.setLong(1, number);
      insert.executeUpdate();
    }
  }
}
