package dev.unisono.mariadb;

import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Ability;
import dev.unisono.testkit.contract.ConnectorContract;
import dev.unisono.testkit.contract.ContractSystem;
import dev.unisono.testkit.contract.JdbcContractSystem;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class MariaDbContractTest extends ConnectorContract {
  private static MariaDbServer server;

  @BeforeAll
  static void startServer() {
    server = MariaDbServer.temporary();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  protected ContractSystem open(String test, Path folder) throws SQLException {
    server.createDatabase(test);
    return new ContractDatabase(server, test, session(test));
  }

  private static Connection session(String database) throws SQLException {
    Connection connection = server.connect(database);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET SESSION sql_mode = 'ANSI_QUOTES,STRICT_TRANS_TABLES'");
    }
    return connection;
  }

  /** A database of the one server. For one thread. */
  private static final class ContractDatabase extends JdbcContractSystem {
    private final MariaDbServer server;

    ContractDatabase(MariaDbServer server, String name, Connection session) {
      super(
          new MariaDbConnector(),
          name,
          session,
          Set.of(
              Ability.READ,
              Ability.EACH_CHANGE,
              Ability.TRUNCATE,
              Ability.WRITE,
              Ability.LANES,
              Ability.MEMBER,
              Ability.OWNER,
              Ability.ROWS,
              Ability.SURVEY));
      this.server = server;
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of("url", server.jdbcUrl(name()), "user", server.user());
    }

    @Override
    public Map<String, Object> unreachable() {
      return Map.of("url", "jdbc:mariadb://127.0.0.1:1/nowhere");
    }

    @Override
    protected String numbering() {
      return "bigint NOT NULL AUTO_INCREMENT";
    }

    @Override
    protected String catalogQuery() {
      return "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"
          + " UNION ALL SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA"
          + " = DATABASE()";
    }
  }
}
