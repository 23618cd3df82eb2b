package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** Which columns a publication shows, where the config asks for the named ones alone. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ColumnListTest {
  private static final String TABLE = "\"public\".\"t\"";

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
        "CREATE TABLE t (note text, id bigint PRIMARY KEY, region text NOT NULL, name text, secret"
            + " text)",
        "INSERT INTO t (id, region, name, secret) VALUES (1, 'eu', 'one', 'hush')");
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    database.close();
  }

  private static Binding binding(String... fields) {
    return Bindings.of(
        "public.t",
        List.of("id"),
        Arrays.stream(fields)
            .map(name -> field(name, name.equals("id") ? ValueType.LONG : ValueType.STRING))
            .toArray(dev.unisono.spi.Field[]::new));
  }

  private static Binding where(Binding binding, String condition) {
    return new Binding(
        binding.sync(),
        binding.schema(),
        binding.table(),
        binding.columns(),
        condition,
        binding.configPath());
  }

  private ConnectedSystem named(Binding... bindings) {
    return named(Map.of(), bindings);
  }

  private ConnectedSystem named(Map<String, Object> more, Binding... bindings) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("publish-columns", "named");
    return database.system(settings, List.of(bindings), List.of());
  }

  private String publication() {
    return Database.quote(database.slot());
  }

  private List<String> shown() throws SQLException {
    return database.rows(
        "SELECT array_to_string(attnames, ' ') FROM pg_publication_tables ORDER BY pubname");
  }

  private static void assertProblem(List<Problem> problems, String code, String words) {
    assertEquals(List.of(code), problems.stream().map(Problem::code).toList());
    assertTrue(problems.getFirst().toString().contains(words), problems.toString());
  }

  private static void assertRefused(ConnectedSystem system, String code, String words) {
    assertProblem(system.check(), code, words);
    UnisonoException refused = assertThrows(UnisonoException.class, system::publish);
    assertProblem(List.of(refused.problem()), code, words);
  }

  @Test
  void columnsThatTheConfigDoesNotNameStayInTheirDatabase() throws Exception {
    String slot = database.slot() + "_peek";
    ConnectedSystem system = named(binding("id", "name"));
    List<String> create =
        List.of(
            "CREATE PUBLICATION %s FOR TABLE %s (\"id\", \"name\")"
                .formatted(publication(), TABLE));
    assertEquals(create, system.publication());
    assertEquals(List.of(), system.check());
    assertEquals(create, system.publish());
    assertEquals(List.of(), system.publication());
    database.execute("SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
    try (var run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "INSERT INTO t (id, region, name, secret) VALUES (2, 'eu', 'two', 'hush')",
          "UPDATE t SET name = 'ONE', secret = 'hush, hush' WHERE id = 1",
          "UPDATE t SET id = 3 WHERE id = 2",
          "INSERT INTO t (id, region, name) VALUES (4, 'us', 'four')",
          "DELETE FROM t WHERE id = 4");
      run.await(change -> Objects.equals(change.key(), new Key(4L)) && change.after() == null);
      assertEquals(List.of("1|ONE", "3|two"), new Replica().apply(run.changes()).texts());
    }
    String told =
        database.one(
            "SELECT string_agg(encode(data, 'escape'), '') FROM"
                + " pg_logical_slot_peek_binary_changes('"
                + slot
                + "', NULL, NULL, 'proto_version', '1', 'publication_names', '"
                + database.slot()
                + "')");
    database.execute("SELECT pg_drop_replication_slot('" + slot + "')");
    assertTrue(told.contains("four"), told);
    assertFalse(told.contains("hush"), told);
  }

  @Test
  void theListHasWhatConditionAndReplicaIdentityAskFor() throws Exception {
    database.execute(
        "CREATE UNIQUE INDEX of_both ON t (region, id)",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX of_both");
    Binding binding =
        where(
            Bindings.of(
                "public.t",
                List.of("id", "region"),
                field("id", ValueType.LONG),
                field("name", ValueType.STRING),
                field("region", ValueType.STRING)),
            "region = 'eu'");
    ConnectedSystem system = named(binding);
    assertEquals(List.of(), system.check());
    assertEquals(
        List.of(
            "CREATE PUBLICATION %s FOR TABLE %s (\"id\", \"region\", \"name\") WHERE (region = 'eu')"
                .formatted(publication(), TABLE)),
        system.publish());
    try (var run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "UPDATE t SET region = 'us' WHERE id = 1",
          "INSERT INTO t (id, region, name) VALUES (2, 'eu', 'two')");
      run.await(change -> Objects.equals(change.key(), new Key(2L, "eu")));
      assertEquals(List.of("2|two|eu"), new Replica().apply(run.changes()).texts());
    }
  }

  @Test
  void twoSyncsOfATableShareOneList() throws SQLException {
    Binding first = binding("id", "name");
    Binding second = binding("id", "note");
    assertEquals(
        List.of(
            "CREATE PUBLICATION %s FOR TABLE %s (\"note\", \"id\", \"name\")"
                .formatted(publication(), TABLE)),
        named(first, second).publish());
    assertEquals(List.of("note id name"), shown());
  }

  @Test
  void noListIsMadeOfATableWhoseOwnerCouldNotChangeItThen() throws SQLException {
    database.execute("ALTER TABLE t REPLICA IDENTITY FULL");
    assertRefused(named(binding("id", "name")), "bad-column-list", "REPLICA IDENTITY DEFAULT");
    database.execute("UPDATE t SET name = 'still mine'");
    assertEquals(List.of(), database.reading(binding("id", "name")).check());
    database.execute(
        "CREATE TABLE parted (id bigint PRIMARY KEY, name text, secret text) PARTITION BY RANGE (id)",
        "CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE high PARTITION OF parted FOR VALUES FROM (10) TO (20)",
        "ALTER TABLE high REPLICA IDENTITY FULL");
    Binding parted =
        Bindings.of(
            "public.parted",
            List.of("id"),
            field("id", ValueType.LONG),
            field("name", ValueType.STRING));
    assertRefused(named(parted), "bad-column-list", "public.high has REPLICA IDENTITY FULL");
    assertEquals(List.of(), shown());
  }

  @Test
  void aPartitionedTableHasOneListForAllItsPartitions() throws Exception {
    database.execute(
        "CREATE TABLE parted (id bigint PRIMARY KEY, name text, secret text) PARTITION BY RANGE (id)",
        "CREATE TABLE low PARTITION OF parted FOR VALUES FROM (0) TO (10)",
        "CREATE TABLE high (secret text, name text, id bigint NOT NULL PRIMARY KEY)",
        "ALTER TABLE parted ATTACH PARTITION high FOR VALUES FROM (10) TO (20)");
    ConnectedSystem system =
        named(
            Bindings.of(
                "public.parted",
                List.of("id"),
                field("id", ValueType.LONG),
                field("name", ValueType.STRING)));
    assertEquals(List.of(), system.check());
    try (var run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      database.execute(
          "INSERT INTO parted VALUES (1, 'one', 'hush'), (11, 'eleven', 'hush')",
          "UPDATE parted SET name = upper(name)",
          "UPDATE parted SET id = 12 WHERE id = 1");
      run.await(change -> Objects.equals(change.key(), new Key(12L)));
      assertEquals(List.of("11|ELEVEN", "12|ONE"), new Replica().apply(run.changes()).texts());
      // Somebody changes one partition: its owner suffers, and is told what from.
      database.execute("ALTER TABLE high REPLICA IDENTITY FULL");
      assertThrows(SQLException.class, () -> database.execute("UPDATE parted SET name = 'x'"));
      run.awaitProgress(
          "a warning",
          now -> now.warning() != null && now.warning().message().contains("public.high"));
    }
    assertProblem(system.check(), "updates-refused", "public.high");
  }

  @Test
  void aLaterReplicaIdentityThatTheListDoesNotCoverIsTold() throws Exception {
    ConnectedSystem system = named(binding("id", "name"));
    try (var run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      database.execute("ALTER TABLE t REPLICA IDENTITY FULL");
      SQLException refused =
          assertThrows(SQLException.class, () -> database.execute("UPDATE t SET name = 'x'"));
      assertTrue(refused.toString().contains("cannot update"), refused::toString);
      run.awaitProgress(
          "a warning",
          now -> now.warning() != null && now.warning().code().equals("updates-refused"));
      Problem problem = run.progress().warning();
      assertEquals(List.of(problem), system.check());
      assertProblem(
          List.of(problem),
          "updates-refused",
          "run ALTER TABLE public.t REPLICA IDENTITY DEFAULT;");
      database.execute("ALTER TABLE public.t REPLICA IDENTITY DEFAULT");
      run.awaitProgress("no warning", now -> now.warning() == null);
      database.execute("UPDATE t SET name = 'mine again'");
      run.await(change -> change.operation() == Operation.UPDATE);
    }
    assertEquals(List.of(), system.check());
    // The other remedy: no list at all.
    database.execute("ALTER TABLE t REPLICA IDENTITY FULL");
    try (var run = SourceRun.start(named(binding("id", "name")).source(), Map.of())) {
      assertEquals("updates-refused", run.awaitFailure().problem().code());
    }
    ConnectedSystem all = database.reading(binding("id", "name"));
    assertProblem(all.check(), "updates-refused", "./unisono publication FILE --apply");
    assertEquals(2, all.publish().size());
    database.execute("UPDATE t SET name = 'mine once more'");
    assertEquals(List.of(), all.check());
    assertEquals(List.of("note id region name secret"), shown());
  }

  @Test
  void evolveAndNamedColumnsExcludeEachOther() {
    Binding evolving =
        binding("id", "name").with(new TablePolicy(SchemaChange.EVOLVE, false, false, null));
    assertRefused(named(evolving), "bad-column-list", "syncs.t.schema-change");
  }

  @Test
  void anOlderServerIsRefused() {
    ColumnList.checkVersion("crm", 15);
    UnisonoException refused =
        assertThrows(UnisonoException.class, () -> ColumnList.checkVersion("crm", 14));
    assertEquals("option-too-new", refused.problem().code());
    assertEquals("systems.crm.publish-columns", refused.problem().configPath());
  }

  @Test
  void computedColumnsAreShownWhereTheyAreStored() throws Exception {
    database.execute(
        "ALTER TABLE t ADD COLUMN loud text GENERATED ALWAYS AS (upper(name)) STORED",
        "ALTER TABLE t ADD COLUMN quiet text GENERATED ALWAYS AS (lower(name)) VIRTUAL");
    assertRefused(named(binding("id", "quiet")), "column-generated", "t.quiet");
    ConnectedSystem system = named(binding("id", "loud"));
    assertEquals(List.of(), system.check());
    assertEquals(
        List.of(
            "CREATE PUBLICATION %s FOR TABLE %s (\"id\", \"loud\")"
                .formatted(publication(), TABLE)),
        system.publish());
    try (var run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      database.execute("INSERT INTO t (id, region, name) VALUES (2, 'eu', 'two')");
      run.await(change -> Objects.equals(change.key(), new Key(2L)));
      assertEquals(List.of("1|ONE", "2|TWO"), new Replica().apply(run.changes()).texts());
    }
  }

  @Test
  void aPublicationOfAllTablesCannotLeaveColumnsOut() throws SQLException {
    database.execute("CREATE PUBLICATION " + publication() + " FOR ALL TABLES");
    assertRefused(named(binding("id", "name")), "bad-column-list", "another publication");
    database.execute(
        "DROP PUBLICATION " + publication(),
        "CREATE PUBLICATION " + publication() + " FOR TABLES IN SCHEMA public");
    assertRefused(named(binding("id", "name")), "bad-column-list", "another publication");
  }

  @Test
  void aPublicationWithoutListsGetsThemAndGivesThemUp() throws Exception {
    database.reading(binding("id", "name")).publish();
    assertEquals(List.of("note id region name secret"), shown());
    try (var run = SourceRun.start(named(binding("id", "name")).source(), Map.of())) {
      run.awaitStreaming();
    }
    assertEquals(List.of("id name"), shown());
    database.awaitIdleSlot();
    // What the list shows is enough: without being asked it stays.
    ConnectedSystem all = database.reading(binding("id", "name"));
    assertEquals(List.of(), all.check());
    try (var run = SourceRun.start(all.source(), Map.of())) {
      run.awaitStreaming();
    }
    assertEquals(List.of("id name"), shown());
    assertProblem(
        database.reading(binding("id", "note")).check(),
        "publication-lacks-table",
        "without being asked");
  }

  @Test
  void aListThatIsWiderThanItMustBeIsToldAndMadeNarrowerWhenAskedTo() throws Exception {
    named(binding("id", "name", "secret")).publish();
    ConnectedSystem system = named(binding("id", "name"));
    assertEquals(List.of(), system.check());
    assertProblem(
        system.notices(Map.of()), "column-list-wider", "that the config does not name: secret");
    try (var run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      database.execute("INSERT INTO t (id, region, name) VALUES (2, 'eu', 'two')");
      run.await(change -> Objects.equals(change.key(), new Key(2L)));
      assertEquals(List.of("id name secret"), shown());
      // Narrower while it is read: nothing of what is read is missing.
      assertEquals(
          List.of(
              "ALTER PUBLICATION %s DROP TABLE %s".formatted(publication(), TABLE),
              "ALTER PUBLICATION %s ADD TABLE %s (\"id\", \"name\")"
                  .formatted(publication(), TABLE)),
          system.publish());
      database.execute("INSERT INTO t (id, region, name) VALUES (3, 'eu', 'three')");
      run.await(change -> Objects.equals(change.key(), new Key(3L)));
      run.wasWell();
    }
    assertEquals(List.of("id name"), shown());
    assertEquals(List.of(), system.notices(Map.of()));
  }

  @Test
  void twoReadersHaveListsOfTheirOwn() throws Exception {
    Map<String, Object> other = new HashMap<>();
    other.put("slot", database.slot() + "_other");
    other.put("publication", database.slot() + "_other");
    try (var one = SourceRun.start(named(binding("id", "name")).source(), Map.of());
        var two = SourceRun.start(named(other, binding("id", "note")).source(), Map.of())) {
      one.awaitStreaming();
      two.awaitStreaming();
      database.execute("UPDATE t SET name = 'ONE', note = 'n'");
      one.await(change -> change.operation() == Operation.UPDATE);
      two.await(change -> change.operation() == Operation.UPDATE);
      assertEquals(List.of("1|ONE"), new Replica().apply(one.changes()).texts());
      assertEquals(List.of("1|n"), new Replica().apply(two.changes()).texts());
    }
    assertEquals(List.of("id name", "note id"), shown());
    dropOther();
  }

  @Test
  void twoReadersOfOnePublicationDoNotTakeColumnsFromEachOther() throws Exception {
    Map<String, Object> other = new HashMap<>();
    other.put("slot", database.slot() + "_other");
    other.put("publication", database.slot());
    try (var one = SourceRun.start(named(binding("id", "name")).source(), Map.of())) {
      one.awaitStreaming();
      try (var two = SourceRun.start(named(other, binding("id", "note")).source(), Map.of())) {
        two.awaitStreaming();
        database.execute("UPDATE t SET name = 'ONE', note = 'n'");
        one.await(change -> change.operation() == Operation.UPDATE);
        two.await(change -> change.operation() == Operation.UPDATE);
        assertEquals(List.of("1|ONE"), new Replica().apply(one.changes()).texts());
        assertEquals(List.of("1|n"), new Replica().apply(two.changes()).texts());
      }
    }
    assertEquals(List.of("note id name"), shown());
    dropOther();
  }

  private void dropOther() throws SQLException {
    database.await(
        "SELECT NOT active FROM pg_replication_slots WHERE slot_name = '"
            + database.slot()
            + "_other'");
    database.execute("SELECT pg_drop_replication_slot('" + database.slot() + "_other')");
  }

  @Test
  void whereTheTablesAreSomebodyElsesTheStatementsAreTold() throws Exception {
    database.execute(
        "CREATE ROLE lister LOGIN REPLICATION PASSWORD 'l'",
        "GRANT SELECT ON t TO lister",
        "CREATE PUBLICATION " + publication() + " FOR TABLE t");
    Map<String, Object> lister = Map.of("user", "lister", "password", "l");
    ConnectedSystem first = named(lister, binding("id", "name"));
    assertProblem(
        first.check(), "publication-lacks-table", "columns that the config does not name");
    run(first.check().getFirst());
    assertEquals(List.of("id name"), shown());
    assertEquals(List.of(), first.check());
    // A field more: the list is to have it before anything is read.
    ConnectedSystem second = named(lister, binding("id", "note"));
    try (var run = SourceRun.start(second.source(), Map.of())) {
      Problem problem = run.awaitFailure().problem();
      assertEquals("publication-lacks-table", problem.code());
      assertEquals(List.of(problem), second.check());
      assertTrue(problem.remedy().contains("(\"note\", \"id\", \"name\")"), problem::toString);
      run(problem);
    }
    assertEquals(List.of(), second.check());
    // Wider than it must be, it is no obstacle.
    try (var run = SourceRun.start(second.source(), Map.of())) {
      run.awaitStreaming();
    }
  }

  /** As the tables' owner, who does what is said. */
  private void run(Problem problem) throws SQLException {
    String statements = problem.remedy().substring(problem.remedy().indexOf(": ") + 2);
    database.transaction(statements.split(";\\s*", -1)[0], statements.split(";\\s*", -1)[1]);
  }
}
