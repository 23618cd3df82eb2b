package dev.unisono.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** Events as rows that are inserted into a PostgreSQL table, together in one transaction. */
final class RowPublisher implements EventPublisher {
  private final Connection connection;
  private final PreparedStatement insert;

  RowPublisher(Parameters parameters) throws SQLException {
    connection =
        DriverManager.getConnection(
            parameters.jdbcUrl(), parameters.text("user"), parameters.text("password"));
    insert =
        connection.prepareStatement(
            "INSERT INTO public.item (id, name) SELECT "
                + EventScan.BASE
                + " + number, ? FROM generate_series(?, ?) number");
    insert.setString(1, "x".repeat(FanoutScenario.NAME_LENGTH));
  }

  @Override
  public void publish(int first, int last) throws SQLException {
    insert.setInt(2, first);
    insert.setInt(3, last);
    insert.executeUpdate();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
