package dev.unisono.jdbc;

import dev.unisono.testkit.MariaDbServer;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class MariaDbQuerySourceTest extends QuerySourceContract {
  private static MariaDbServer server;
  private static int count;

  @BeforeAll
  static void startServer() {
    server = MariaDbServer.temporary();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  QueriedDatabase make(Path folder) throws SQLException {
    String name = "queried" + ++count;
    server.createDatabase(name);
    String url = server.jdbcUrl(name) + "?user=" + server.user();
    return new QueriedDatabase(
        url,
        url + "&sessionVariables=sql_mode='ANSI_QUOTES,STRICT_TRANS_TABLES'",
        "datetime(6)",
        "SELECT CONCAT('KILL ', ID) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND"
            + " ID <> CONNECTION_ID()");
  }
}
