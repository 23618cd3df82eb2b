package dev.unisono.jdbc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

  /** Such a column is shown in the session's zone: the guide says how the url makes that UTC. */
  @Test
  void aTimestampIsAnInstantWhereTheSessionIsInUtc() throws SQLException {
    database.execute("CREATE TABLE stamped (id bigint PRIMARY KEY, moment timestamp(6) NOT NULL)");
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET time_zone = '+05:00'");
      statement.execute("INSERT INTO stamped VALUES (1, '2026-03-01 15:00:00.000001')");
    }
    Binding binding =
        Bindings.of(
                "stamped",
                List.of("id"),
                Bindings.field("id", ValueType.LONG),
                Bindings.field("moment", ValueType.TIMESTAMP))
            .withCursor("moment");
    String url = database.url() + "&connectionTimeZone=UTC&forceConnectionTimeZoneToSession=true";
    try (SourceRun run = SourceRun.start(source(Map.of("url", url), binding), Map.of())) {
      assertEquals(
          Instant.parse("2026-03-01T10:00:00.000001Z"),
          Objects.requireNonNull(run.awaitKey(1).after()).value("moment"));
    }
  }
}
