package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.testkit.contract.Ability;
import dev.unisono.testkit.contract.ConnectorContract;
import dev.unisono.testkit.contract.ContractSystem;
import dev.unisono.testkit.contract.JdbcContractSystem;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.h2.tools.Server;

/** Of a database that is read by queries: H2, whose tables have a column for that. */
final class JdbcContractTest extends ConnectorContract {
  @Override
  protected ContractSystem open(String test, Path folder) throws SQLException {
    Server server =
        Server.createTcpServer("-tcpPort", "0", "-ifNotExists", "-baseDir", folder.toString())
            .start();
    return new QueriedSystem(test, server);
  }

  /** A server of its own. For one thread. */
  private static final class QueriedSystem extends JdbcContractSystem {
    private final Server server;

    QueriedSystem(String name, Server server) throws SQLException {
      super(
          new JdbcConnector(),
          name,
          DriverManager.getConnection(url(server) + "db;user=sa;password="),
          Set.of(Ability.READ, Ability.ROWS, Ability.SURVEY, Ability.WITHDRAW));
      this.server = server;
    }

    private static String url(Server server) {
      return "jdbc:h2:tcp://localhost:" + server.getPort() + "/./";
    }

    @Override
    public void makeTable(String table) {
      super.makeTable(table);
      try (var session = DriverManager.getConnection(url(server) + "db;user=sa;password=");
          Statement statement = session.createStatement()) {
        statement.execute(
            "ALTER TABLE \""
                + table
                + "\" ADD COLUMN \"changed\" timestamp(9) with time zone DEFAULT"
                + " CURRENT_TIMESTAMP(9) ON UPDATE CURRENT_TIMESTAMP(9)");
        statement.execute(
            "CREATE INDEX \"changed " + table + "\" ON \"" + table + "\" (\"changed\")");
      } catch (SQLException failed) {
        throw new AssertionError(failed);
      }
    }

    @Override
    public Binding bound(Binding plain) {
      return plain.withCursor("changed");
    }

    @Override
    public Map<String, Object> settings() {
      return Map.of(
          "url",
          url(server) + "db",
          "user",
          "sa",
          "poll",
          Duration.ofMillis(10),
          "overlap",
          Duration.ZERO, // One session writes, each statement for itself.
          "deletes-every",
          Duration.ofMillis(100));
    }

    @Override
    public Map<String, Object> invalid() {
      return Map.of("url", "http://localhost", "snapshot-chunk", 1L, "read-batch", 0L);
    }

    @Override
    public Map<String, Object> unreachable() {
      return Map.of("url", url(server) + "missing;IFEXISTS=TRUE");
    }

    @Override
    protected String catalogQuery() {
      return "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'PUBLIC' UNION"
          + " ALL SELECT INDEX_NAME FROM INFORMATION_SCHEMA.INDEXES WHERE TABLE_SCHEMA = 'PUBLIC'";
    }

    @Override
    public void close() {
      super.close();
      server.stop();
    }
  }
}
