package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Option;
import dev.unisono.spi.Settings;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A database that is read by queries, and how an application writes it, with names in double
 * quotes. Immutable.
 *
 * @param url what the connector is given
 * @param own what the application connects by
 * @param time the type of a time with microseconds and without a zone
 * @param breaking a query that ends all other sessions of the database; empty where there is none
 */
record QueriedDatabase(String url, String own, String time, String breaking) {
  Connection connect() throws SQLException {
    return DriverManager.getConnection(own);
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  /** Statements in one transaction. */
  void transaction(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (String each : statements) {
        statement.execute(each);
      }
      connection.commit();
    }
  }

  /** Rows with their values as text, joined; null as ~; sorted. */
  List<String> rows(String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          values.add(Objects.requireNonNullElse(row.getString(i), "~"));
        }
        rows.add(String.join("|", values));
      }
    }
    rows.sort(null);
    return rows;
  }

  /** Ends the sessions of whoever reads. */
  void breakSessions() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        Statement kill = connection.createStatement();
        ResultSet row = statement.executeQuery(breaking)) {
      while (row.next()) {
        String next = row.getString(1);
        if (next != null && next.startsWith("KILL")) {
          kill.execute(next);
        }
      }
    }
  }

  /** The connector's system with settings beside the usual ones. */
  ConnectedSystem system(Map<String, Object> more, Binding... reads) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("url", url);
    JdbcConnector connector = new JdbcConnector();
    for (Option option : connector.options()) {
      String value = option.defaultValue();
      if (value != null) {
        settings.putIfAbsent(
            option.name(),
            option.type() == Option.Type.DURATION
                ? (Object) Duration.parse("PT" + value)
                : Long.valueOf(value));
      }
    }
    settings.put("poll", Duration.ofMillis(10));
    settings.put("overlap-count", 10L);
    settings.put("deletes-every", Duration.ZERO);
    settings.put("snapshot-chunk", 100L);
    settings.put("read-batch", 7L);
    settings.putAll(more);
    return connector.connect(
        new SystemContext("shop", new Settings(settings), List.of(reads), List.of(), Map.of()));
  }
}
