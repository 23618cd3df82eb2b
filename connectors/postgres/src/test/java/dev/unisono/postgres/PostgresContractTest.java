package dev.unisono.postgres;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Ability;
import dev.unisono.testkit.contract.ConnectorContract;
import dev.unisono.testkit.contract.ContractSystem;
import dev.unisono.testkit.contract.JdbcContractSystem;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

final class PostgresContractTest extends ConnectorContract {
  private static PostgresServer server;

  @BeforeAll
  static void startServer() {
    server = PostgresServer.temporary();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Override
  protected ContractSystem open(String test, Path folder) throws SQLException {
    return new ContractDatabase(new TestDatabase(server, test), server);
  }

  /** A database of the one server. For one thread. */
  private static final class ContractDatabase extends JdbcContractSystem {
    private final TestDatabase database;
    private final PostgresServer server;

    ContractDatabase(TestDatabase database, PostgresServer server) throws SQLException {
      super(
          new PostgresConnector(),
          database.name(),
          database.connect(),
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
      this.database = database;
      this.server = server;
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of(
          "url", server.jdbcUrl(name()), "user", server.user(), "password", server.password());
    }

    @Override
    public Map<String, Object> unreachable() {
      return Map.of("url", "jdbc:postgresql://127.0.0.1:1/nowhere");
    }

    @Override
    protected String catalogQuery() {
      return "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace UNION ALL"
          + " SELECT pubname FROM pg_publication UNION ALL SELECT tgname FROM pg_trigger UNION ALL"
          + " SELECT evtname FROM pg_event_trigger UNION ALL SELECT slot_name FROM"
          + " pg_replication_slots WHERE database = current_database()";
    }

    @Override
    public void close() {
      super.close();
      try {
        database.close();
      } catch (SQLException failed) {
        throw new AssertionError(failed);
      }
    }
  }
}
