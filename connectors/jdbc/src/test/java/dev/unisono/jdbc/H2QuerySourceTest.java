package dev.unisono.jdbc;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Objects;
import org.h2.tools.Server;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

final class H2QuerySourceTest extends QuerySourceContract {
  private @Nullable Server server;

  @Override
  QueriedDatabase make(Path folder) throws SQLException {
    Server started =
        Server.createTcpServer("-tcpPort", "0", "-ifNotExists", "-baseDir", folder.toString())
            .start();
    server = started;
    String url = "jdbc:h2:tcp://localhost:" + started.getPort() + "/./test;user=sa;password=";
    return new QueriedDatabase(
        url,
        url,
        "timestamp(6)",
        "SELECT ABORT_SESSION(SESSION_ID) FROM INFORMATION_SCHEMA.SESSIONS WHERE SESSION_ID <>"
            + " SESSION_ID()");
  }

  @AfterEach
  void stopServer() {
    Objects.requireNonNull(server).stop();
  }
}
