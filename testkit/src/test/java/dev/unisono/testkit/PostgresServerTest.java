package dev.unisono.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PostgresServerTest {
  @Test
  void goesOnWhereItWasAfterBeingKilled(@TempDir Path folder) throws SQLException {
    PostgresServer first = PostgresServer.start(folder, Map.of());
    first.createDatabase("crm");
    execute(first, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (7)");
    first.kill();
    first.restart();
    assertEquals("7", query(first, "SELECT id FROM t"));
    first.kill();
    try (PostgresServer second = PostgresServer.start(folder, Map.of())) {
      assertEquals(first.port(), second.port());
      assertEquals("7", query(second, "SELECT id FROM t"));
      assertEquals("logical", query(second, "SHOW wal_level"));
      assertEquals("on", query(second, "SHOW fsync"));
    }
  }

  @Test
  void endsAServerThatAnotherProcessLeftRunning(@TempDir Path folder) throws SQLException {
    PostgresServer left = PostgresServer.start(folder, Map.of());
    left.createDatabase("crm");
    long before = left.processId().orElseThrow();
    try (PostgresServer next = PostgresServer.start(folder, Map.of())) {
      assertFalse(ProcessHandle.of(before).map(ProcessHandle::isAlive).orElse(false));
      assertEquals("crm", query(next, "SELECT current_database()"));
    }
  }

  private static void execute(PostgresServer server, String... statements) throws SQLException {
    try (Connection connection = server.connect("crm");
        var statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private static String query(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = server.connect("crm");
        var statement = connection.createStatement();
        var rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
