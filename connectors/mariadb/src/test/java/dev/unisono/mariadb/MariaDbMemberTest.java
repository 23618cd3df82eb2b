package dev.unisono.mariadb;

import dev.unisono.jdbc.MemberContract;
import dev.unisono.jdbc.TargetDatabase;
import dev.unisono.spi.MemberWriter;
import dev.unisono.testkit.MariaDbServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The columns have the server's own collation, which folds letters and blanks. */
final class MariaDbMemberTest extends MemberContract {
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
    return new WrittenDatabase(server, "member" + ++count);
  }

  @Override
  protected MemberWriter open(TargetDatabase database) {
    return database
        .system(Map.of(), List.of(PERSON, CODE), List.of(PERSON, CODE), "one")
        .memberWriter();
  }

  @Override
  protected String markerQuery() {
    return "SELECT number FROM unisono_write";
  }

  @Override
  protected String decimalType() {
    return "decimal(20,6)";
  }
}
