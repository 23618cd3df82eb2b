package dev.unisono.jdbc;

import dev.unisono.testkit.contract.Ability;
import dev.unisono.testkit.contract.ConnectorContract;
import dev.unisono.testkit.contract.ContractSystem;
import dev.unisono.testkit.contract.JdbcContractSystem;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import org.h2.tools.Server;

final class H2ContractTest extends ConnectorContract {
  @Override
  protected ContractSystem open(String test, Path folder) throws SQLException {
    Server server =
        Server.createTcpServer("-tcpPort", "0", "-ifNotExists", "-baseDir", folder.toString())
            .start();
    return new H2System(test, server);
  }

  /** A server of its own. For one thread. */
  private static final class H2System extends JdbcContractSystem {
    private final Server server;

    H2System(String name, Server server) throws SQLException {
      super(
          new H2Connector(),
          name,
          DriverManager.getConnection(url(server) + "db;user=sa;password="),
          Set.of(
              Ability.READ,
              Ability.EACH_CHANGE,
              Ability.WRITE,
              Ability.LANES,
              Ability.MEMBER,
              Ability.OWNER,
              Ability.ROWS,
              Ability.SURVEY,
              Ability.WITHDRAW));
      this.server = server;
    }

    private static String url(Server server) {
      return "jdbc:h2:tcp://localhost:" + server.getPort() + "/./";
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of("url", url(server) + "db", "user", "sa");
    }

    @Override
    public Map<String, Object> unreachable() {
      return Map.of("url", url(server) + "missing");
    }

    @Override
    protected String clearing(String table) {
      return "DELETE FROM " + table; // No trigger fires when it is truncated.
    }

    @Override
    protected String catalogQuery() {
      return "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'PUBLIC' UNION"
          + " ALL SELECT TRIGGER_NAME FROM INFORMATION_SCHEMA.TRIGGERS UNION ALL SELECT"
          + " SEQUENCE_NAME FROM INFORMATION_SCHEMA.SEQUENCES";
    }

    @Override
    public void close() {
      super.close();
      server.stop();
    }
  }
}
