package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** What a publication shows, made by command, and the rows it leaves out. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PublicationTest {
  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeTable(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
    database.execute(
        "CREATE TABLE t (id bigint PRIMARY KEY, name text, region text NOT NULL)",
        "INSERT INTO t SELECT n, 'row', CASE n % 2 WHEN 0 THEN 'eu' ELSE 'us' END FROM"
            + " generate_series(1, 300) n");
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    database.close();
  }

  private static Binding binding(@Nullable String where) {
    Binding all =
        Bindings.of(
            "public.t",
            List.of("id"),
            field("id", ValueType.LONG),
            field("name", ValueType.STRING));
    return new Binding(
        all.sync(), all.schema(), all.table(), all.columns(), where, all.configPath());
  }

  private List<Problem> check(Binding... bindings) {
    return database.reading(bindings).check();
  }

  private static void assertProblem(List<Problem> problems, String code, String words) {
    assertEquals(List.of(code), problems.stream().map(Problem::code).toList());
    assertTrue(problems.getFirst().toString().contains(words), problems.toString());
  }

  private String filter() throws SQLException {
    return database.one("SELECT rowfilter FROM pg_publication_tables");
  }

  @Test
  void readsTheRowsOfTheConditionAndNoOther() throws SQLException, InterruptedException {
    Binding binding = binding("region = 'eu' AND id > 4 OR id = 1");
    assertProblem(check(binding), "bad-filter", "REPLICA IDENTITY FULL");
    database.execute("ALTER TABLE t REPLICA IDENTITY FULL");
    assertEquals(List.of(), check(binding));
    try (var run = SourceRun.start(database.reading(binding).source(), Map.of())) {
      run.awaitStreaming();
      assertEquals(149, run.awaitChanges(149).size());
      database.execute(
          "UPDATE t SET name = 'changed' WHERE id IN (6, 7)",
          "UPDATE t SET region = 'us' WHERE id = 8",
          "UPDATE t SET region = 'eu' WHERE id = 9",
          "DELETE FROM t WHERE id > 10",
          "INSERT INTO t VALUES (400, 'hidden', 'us'), (402, 'last', 'eu')");
      run.await(change -> change.key() != null && change.key().part(0).equals(402L));
      // A row that leaves is deleted, one that comes is new.
      assertTrue(
          run.changes().stream()
              .anyMatch(change ->
                  change.operation() == Operation.DELETE
                      && change.key() != null
                      && change.key().part(0).equals(8L)));
      assertEquals(
          List.of("10|row", "1|row", "402|last", "6|changed", "9|row"),
          new Replica().apply(run.changes()).texts());
    }
    assertEquals("(((region = 'eu'::text) AND (id > 4)) OR (id = 1))", filter());
    assertEquals(List.of(), check(binding));
  }

  @Test
  void aChangedConditionIsChangedThere() throws SQLException {
    try (ConnectedSystem system = database.reading(binding("id < 100"))) {
      String table = "\"public\".\"t\"";
      String name = Database.quote(database.slot());
      String create = "CREATE PUBLICATION " + name + " FOR TABLE " + table + " WHERE (id < 100)";
      assertEquals(List.of(create), system.publication());
      assertEquals("0", database.one("SELECT count(*) FROM pg_publication"));
      assertEquals(List.of(create), system.publish());
      assertEquals(List.of(), system.publication());
      assertEquals(
          List.of(
              "ALTER PUBLICATION " + name + " DROP TABLE " + table,
              "ALTER PUBLICATION " + name + " ADD TABLE " + table + " WHERE (id<50)"),
          database.reading(binding("id<50")).publish());
    }
    assertEquals("(id < 50)", filter());
    // Spelled otherwise, it is the same.
    assertEquals(List.of(), database.reading(binding(" ( id < 50 )")).publication());
  }

  @Test
  void showsNoMoreThanSomebodySaidUntilAskedTo() throws SQLException, InterruptedException {
    database.execute(
        "CREATE PUBLICATION " + database.slot() + " FOR TABLE t (id, region) WHERE (id < 50)");
    Binding all = binding(null);
    assertProblem(check(all), "publication-lacks-table", "without being asked");
    try (var run = SourceRun.start(database.reading(all).source(), Map.of())) {
      assertEquals("publication-lacks-table", run.awaitFailure().problem().code());
    }
    assertProblem(check(binding("id < 50")), "publication-lacks-table", "without being asked");
    assertEquals("(id < 50)", filter());
    assertEquals(2, database.reading(all).publish().size());
    assertEquals("null", filter());
    assertEquals(List.of(), check(all));
  }

  @Test
  void saysWhichConditionsCannotBe() throws SQLException {
    assertProblem(check(binding("nme = 'x'")), "bad-filter", "\"nme\" does not exist");
    assertProblem(check(binding("id")), "bad-filter", "boolean");
    assertProblem(check(binding("id > (SELECT 1)")), "bad-filter", "subquery");
    assertProblem(check(binding("id > random()")), "bad-filter", "simple conditions");
    assertProblem(
        check(binding("id > 1"), binding("id > 2")), "bad-filter", "different conditions");
    assertEquals(List.of(), check(binding("id > 1"), binding("id>1")));
    UnisonoException refused =
        assertThrows(
            UnisonoException.class, () -> database.reading(binding("name = 'x'")).publish());
    assertEquals("bad-filter", refused.problem().code());
    assertEquals("syncs.t.members[0].where", refused.problem().configPath());
    assertEquals("0", database.one("SELECT count(*) FROM pg_publication"));
    database.execute("CREATE PUBLICATION " + database.slot() + " FOR ALL TABLES");
    assertEquals(List.of(), check(binding(null)));
    assertProblem(check(binding("id > 1")), "bad-filter", "another publication");
  }
}
