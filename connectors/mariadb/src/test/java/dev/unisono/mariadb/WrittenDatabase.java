package dev.unisono.mariadb;

import dev.unisono.jdbc.TargetDatabase;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.testkit.MariaDbServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A database of a MariaDB as the contract of targets takes it. For one thread. */
final class WrittenDatabase implements TargetDatabase {
  private final TestDatabase database;
  private final Connection connection;

  WrittenDatabase(MariaDbServer server, String name) throws SQLException {
    this.database = new TestDatabase(server, name);
    this.connection = database.connect();
    execute("SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES'", "SET time_zone = '+00:00'");
  }

  @Override
  public void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  @Override
  public List<String> rows(String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          values.add(Objects.requireNonNullElse(row.getString(i), "~"));
        }
        rows.add(String.join("|", values));
      }
    }
    return rows;
  }

  @Override
  public ConnectedSystem system(
      Map<String, Object> more, List<Binding> reads, List<Binding> writes, String installation) {
    return database.system(new HashMap<>(more), reads, writes);
  }

  @Override
  public void close() {
    try {
      connection.close();
      database.close();
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }
}
