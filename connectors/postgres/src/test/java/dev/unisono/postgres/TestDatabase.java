package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Settings;
import dev.unisono.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * A database of a test's own, with a session in it and a system of the connector over it. For one
 * thread.
 */
final class TestDatabase implements AutoCloseable {
  private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

  private final PostgresServer server;
  private final String name;
  private final Connection connection;

  TestDatabase(PostgresServer server, String test) throws SQLException {
    this.server = server;
    String lower = test.toLowerCase(Locale.ROOT);
    this.name = lower.substring(0, Math.min(lower.length(), 50));
    server.createDatabase(name);
    this.connection = server.connect(name);
  }

  String name() {
    return name;
  }

  String slot() {
    return "unisono_" + name;
  }

  Connection connect() throws SQLException {
    return server.connect(name);
  }

  void execute(String... statements) throws SQLException {
    try (var statement = connection.createStatement()) {
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
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      while (row.next()) {
        rows.add(String.valueOf(row.getString(1)));
      }
    }
    return rows;
  }

  String one(String query) throws SQLException {
    return rows(query).getFirst();
  }

  /** Asks until the answer is true. */
  void await(String question) throws SQLException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!one(question).equals("t")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("did not become true: " + question);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  void awaitIdleSlot() throws SQLException {
    await(
        "SELECT NOT EXISTS (SELECT FROM pg_replication_slots WHERE active AND slot_name = '"
            + slot()
            + "')");
  }

  /** The connector's system with settings beside the usual ones. */
  ConnectedSystem system(Map<String, Object> more, List<Binding> reads, List<Binding> writes) {
    return system(server, name, more, reads, writes);
  }

  /** The same of a server that is not the database's own. */
  static ConnectedSystem system(
      PostgresServer server,
      String name,
      Map<String, Object> more,
      List<Binding> reads,
      List<Binding> writes) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("url", server.jdbcUrl(name));
    settings.put("user", server.user());
    settings.put("password", server.password());
    settings.put("heartbeat", Duration.ofSeconds(10));
    settings.put("snapshot-chunk", 100L);
    settings.put("read-batch", 1_000L);
    settings.put("read-batch-bytes", 1L << 20);
    settings.put("lanes", 2L);
    settings.put("on-slot-loss", "repair");
    settings.put("answer-timeout", Duration.ofMinutes(5));
    settings.put("transactions", "split");
    settings.put("streaming", "on");
    settings.put("spool", 1L << 30);
    settings.put("origin", "any");
    settings.put("failover", false);
    settings.put("publish-columns", "all");
    settings.putAll(more);
    return new PostgresConnector()
        .connect(
            new SystemContext(
                name, new Settings(settings), reads, writes, Map.of("installation", "test")));
  }

  ConnectedSystem reading(Binding... bindings) {
    return system(Map.of(), List.of(bindings), List.of());
  }

  ConnectedSystem writing(Binding... bindings) {
    return system(Map.of(), List.of(), List.of(bindings));
  }

  @Override
  public void close() throws SQLException {
    awaitIdleSlot();
    execute(
        "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '"
            + slot()
            + "'");
    connection.close();
  }
}
