package dev.unisono.mariadb;

import dev.unisono.jdbc.TargetContract;
import dev.unisono.jdbc.TargetDatabase;
import dev.unisono.testkit.MariaDbServer;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class MariaDbTargetTest extends TargetContract {
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
  protected TargetDatabase makeDatabase(Path folder) throws SQLException {
    return new WrittenDatabase(server, "target" + ++count);
  }
}
