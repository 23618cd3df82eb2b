package dev.unisono.jdbc;

import dev.unisono.testkit.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class PostgresQuerySourceTest extends QuerySourceContract {
  private static PostgresServer server;
  private static int count;

  @BeforeAll
  static void startServer() {
    server = PostgresServer.temporary();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  QueriedDatabase make(Path folder) throws SQLException {
    String name = "queried" + ++count;
    server.createDatabase(name);
    String url = server.jdbcUrl(name) + "?user=" + server.user() + "&password=" + server.password();
    return new QueriedDatabase(
        url,
        url,
        "timestamp(6)",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
            + " current_database() AND pid <> pg_backend_pid()");
  }
}
