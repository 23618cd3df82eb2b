package dev.unisono.mariadb;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.Settings;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MariaDbCheckTest {
  private MariaDbServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = MariaDbServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeDatabase(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    database.close();
  }

  private List<String> codes(Map<String, Object> more, Binding... reads) {
    return database.system(more, reads).check().stream().map(Problem::code).sorted().toList();
  }

  @Test
  void findsNothingWhereAllIsWell() throws SQLException {
    ItemTable.create(database, 1);
    assertEquals(List.of(), codes(Map.of(), ItemTable.BINDING));
  }

  @Test
  void findsWhatTheServerIsSetTo() throws SQLException {
    ItemTable.create(database, 0);
    try {
      database.execute(
          "SET GLOBAL binlog_format = 'MIXED'", "SET GLOBAL binlog_row_image = 'MINIMAL'");
      assertEquals(List.of("log-format", "log-row-image"), codes(Map.of(), ItemTable.BINDING));
    } finally {
      database.execute("SET GLOBAL binlog_format = 'ROW'", "SET GLOBAL binlog_row_image = 'FULL'");
    }
  }

  @Test
  void tellsAServerWithoutABinlog() throws SQLException {
    try (MariaDbServer plain = MariaDbServer.temporary(Map.of("skip-log-bin", "1"))) {
      TestDatabase without = new TestDatabase(plain, "without");
      ItemTable.create(without, 0);
      assertEquals(
          List.of("log-off"),
          without.system(Map.of(), ItemTable.BINDING).check().stream().map(Problem::code).toList());
      try (SourceRun run =
          SourceRun.start(without.system(Map.of(), ItemTable.BINDING).source(), Map.of())) {
        assertEquals("log-off", run.awaitFailure().problem().code());
      } catch (InterruptedException interrupted) {
        throw new AssertionError(interrupted);
      }
      without.close();
    }
  }

  @Test
  void namesTheRightsThatAreMissingAndNeedsNoOthers() throws Exception {
    ItemTable.create(database, 3);
    server.createUser("reader", "secret");
    Map<String, Object> reader = Map.of("user", "reader", "password", "secret");
    server.execute("", "GRANT SELECT ON `" + database.name() + "`.* TO reader");
    List<Problem> problems = database.system(reader, ItemTable.BINDING).check();
    assertEquals(
        List.of("missing-right", "missing-right"), problems.stream().map(Problem::code).toList());
    for (Problem problem : problems) {
      String statement = problem.remedy().replaceAll("^Run |;$", "");
      server.execute("", statement);
    }
    assertEquals(List.of(), codes(reader, ItemTable.BINDING));
    try (SourceRun run =
        SourceRun.start(database.system(reader, ItemTable.BINDING).source(), Map.of())
            .awaitDone()) {
      database.execute("UPDATE item SET name = 'x' WHERE id = 1");
      run.awaitChanges(4);
    }
  }

  @Test
  void tellsAWrongPasswordFromAServerThatIsAway() throws SQLException {
    server.createUser("reader", "secret");
    assertEquals(
        List.of("not-signed-in"),
        codes(Map.of("user", "reader", "password", "wrong"), ItemTable.BINDING));
    assertEquals(
        List.of("unreachable"),
        codes(Map.of("url", "jdbc:mariadb://127.0.0.1:1/x"), ItemTable.BINDING));
    assertEquals(
        List.of("no-database"),
        codes(Map.of("url", server.jdbcUrl("not_there")), ItemTable.BINDING));
  }

  @Test
  void findsWhatDoesNotFitInTables() throws SQLException {
    database.execute(
        "CREATE TABLE item (id bigint NULL, name point, price varchar(10)) ENGINE = MyISAM",
        "CREATE VIEW seen AS SELECT * FROM item",
        "CREATE TABLE versioned (id int PRIMARY KEY) WITH SYSTEM VERSIONING");
    assertEquals(
        List.of(
            "key-not-unique",
            "key-nullable",
            "not-transactional",
            "type-mismatch",
            "type-not-supported"),
        codes(Map.of(), ItemTable.BINDING));
    Binding view = Bindings.of("seen", List.of("id"), field("id", ValueType.LONG));
    Binding versioned = Bindings.of("versioned", List.of("id"), field("id", ValueType.LONG));
    Binding missing = Bindings.of("missing", List.of("id"), field("id", ValueType.LONG));
    assertEquals(
        List.of("no-such-table", "not-a-table", "not-a-table"),
        codes(Map.of(), view, versioned, missing));
  }

  @Test
  void warnsOfForeignKeysThatChangeRowsByThemselves() throws Exception {
    database.execute(
        "CREATE TABLE parent (id bigint PRIMARY KEY)",
        "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(10), price decimal(12,3), p bigint,"
            + " CONSTRAINT of_parent FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE)");
    List<Problem> notices = database.system(Map.of(), ItemTable.BINDING).notices(Map.of());
    assertEquals(List.of("cascade-not-in-log"), notices.stream().map(Problem::code).toList());
    assertTrue(notices.getFirst().message().contains("of_parent"));
    try (SourceRun run =
        SourceRun.start(database.system(Map.of(), ItemTable.BINDING).source(), Map.of())
            .awaitDone()) {
      assertEquals(notices.getFirst(), run.progress().warning());
    }
  }

  @Test
  void refusesWhatItCannotDoYet() throws SQLException {
    ItemTable.create(database, 0);
    Binding some =
        new Binding(
            "item",
            ItemTable.BINDING.schema(),
            "item",
            ItemTable.BINDING.columns(),
            "id > 5",
            "syncs.item.members[0]");
    assertEquals(List.of("not-available"), codes(Map.of(), some));
    assertEquals(
        List.of("not-available"),
        codes(
            Map.of(),
            ItemTable.BINDING.with(new TablePolicy(SchemaChange.EVOLVE, false, false, null))));
  }

  @Test
  void validatesItsSettings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("url", "jdbc:mariadb://one,two/shop");
    settings.put("heartbeat", Duration.ofMillis(1));
    settings.put("snapshot-chunk", 1L);
    settings.put("lanes", 0L);
    settings.put("answer-timeout", Duration.ofMillis(1));
    settings.put("server-id", 0L);
    settings.put("read-batch", 1L);
    settings.put("read-batch-bytes", 1L);
    List<String> codes =
        new MariaDbConnector()
            .validate(new Settings(settings)).stream().map(Problem::code).sorted().toList();
    assertEquals(
        List.of(
            "bad-url",
            "out-of-range",
            "out-of-range",
            "out-of-range",
            "out-of-range",
            "out-of-range",
            "out-of-range"),
        codes);
    assertTrue(Address.parse("jdbc:mariadb://localhost/shop").isPresent());
    assertEquals(3306, Address.parse("jdbc:mariadb://[::1]/shop").orElseThrow().port());
  }
}
