package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Settings;
import dev.unisono.testkit.MariaDbServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A database of a test's own, with a session in it and a system of the connector over it. For one
 * thread.
 */
final class TestDatabase implements AutoCloseable {
  private final MariaDbServer server;
  private final String name;
  private Connection connection;

  TestDatabase(MariaDbServer server, String test) throws SQLException {
    this.server = server;
    String lower = test.toLowerCase(Locale.ROOT);
    this.name = lower.substring(0, Math.min(lower.length(), 50));
    server.createDatabase(name);
    this.connection = server.connect(name);
  }

  String name() {
    return name;
  }

  /** Opens its session anew, as after a restart of the server. */
  void reconnect() throws SQLException {
    connection = server.connect(name);
  }

  Connection connect() throws SQLException {
    return server.connect(name);
  }

  void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  /** Statements in one transaction. */
  void transaction(String... statements) throws SQLException {
    connection.setAutoCommit(false);
    try {
      execute(statements);
      connection.commit();
    } finally {
      connection.setAutoCommit(true);
    }
  }

  List<String> rows(String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        rows.add(String.valueOf(row.getString(1)));
      }
    }
    return rows;
  }

  /** The connector's system with settings beside the usual ones. */
  ConnectedSystem system(Map<String, Object> more, Binding... reads) {
    return system(more, List.of(reads), List.of());
  }

  ConnectedSystem system(Map<String, Object> more, List<Binding> reads, List<Binding> writes) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("url", server.jdbcUrl(name));
    settings.put("user", server.user());
    settings.put("tls", "off");
    settings.put("heartbeat", Duration.ofSeconds(10));
    settings.put("snapshot-chunk", 100L);
    settings.put("read-batch", 1_000L);
    settings.put("read-batch-bytes", 1L << 20);
    settings.put("on-log-loss", "repair");
    settings.put("lanes", 4L);
    settings.put("answer-timeout", Duration.ofMinutes(1));
    settings.putAll(more);
    return new MariaDbConnector()
        .connect(
            new SystemContext(
                name, new Settings(settings), reads, writes, Map.of("installation", "test")));
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
