package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.Executable;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresOwnerTest {
  private static final Object KEPT = Unchanged.UNCHANGED;

  private static final Binding ITEM =
      Bindings.of(
          "public.item",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("amount", ValueType.DECIMAL),
          field("document", ValueType.JSON),
          field("at", ValueType.TIMESTAMP));

  private static final Binding NOTE =
      Bindings.of(
          "public.note",
          List.of("id"),
          field("id", ValueType.LONG),
          field("text", ValueType.STRING),
          field("words", ValueType.LONG),
          field("at", ValueType.STRING));

  private PostgresServer server;
  private TestDatabase database;
  private ConnectedSystem system;
  private Owner owner;

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
        "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(10) CHECK (name <> 'bad'), amount"
            + " numeric(10, 2), document json, at timestamptz, own text DEFAULT 'ours')",
        "INSERT INTO item VALUES (1, 'one', 1.50, '{\"a\": 1}', '2024-06-01 12:00+00')");
    system = database.reading(ITEM);
    owner = system.owner();
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    owner.close();
    system.close();
    database.close();
  }

  private static Row row(@Nullable Object... values) {
    return new Row(ITEM.schema(), values);
  }

  private static Row noteRow(@Nullable Object... values) {
    return new Row(NOTE.schema(), values);
  }

  private String item() throws SQLException {
    return database.one("SELECT item::text FROM item");
  }

  @Test
  void theTransactionIsTheOneThatTheSourceShows() throws SQLException {
    try (SourceRun run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      long transaction =
          owner
              .update(
                  ITEM,
                  new Key(1L),
                  row(
                      KEPT,
                      "it's",
                      new BigDecimal("2.25"),
                      new Json("{\"b\": [1, null]}"),
                      Instant.parse("2025-01-01T00:00:00.000001Z")),
                  null)
              .orElseThrow()
              .transaction();
      var change = run.awaitChanges(2).getLast();
      assertEquals(transaction, change.transaction());
      assertEquals(
          "1|it's|2.25|Json[text={\"b\": [1, null]}]|2025-01-01T00:00:00.000001Z",
          Replica.text(Objects.requireNonNull(change.after())));
    }
  }

  @Test
  void writesOnlyWhatChangesAndTakesNull() throws SQLException {
    assertTrue(
        owner.update(ITEM, new Key(1L), row(KEPT, KEPT, null, KEPT, KEPT), null).isPresent());
    assertEquals("(1,one,,\"{\"\"a\"\": 1}\",\"2024-06-01 12:00:00+00\",ours)", item());
  }

  @Test
  void writesNothingWhereTheRowIsNotAsExpected() throws SQLException {
    Row patch = row(KEPT, "uno", KEPT, KEPT, KEPT);
    String before = item();
    assertEquals(
        Optional.empty(), owner.update(ITEM, new Key(1L), patch, row(1L, "two", null, null, null)));
    assertEquals(
        Optional.empty(), owner.update(ITEM, new Key(1L), patch, row(1L, null, null, null, null)));
    assertEquals(Optional.empty(), owner.update(ITEM, new Key(7L), patch, null));
    assertEquals(before, item());
    // Only the fields that change are compared: another may have changed meanwhile.
    assertTrue(
        owner.update(ITEM, new Key(1L), patch, row(1L, "one", null, null, null)).isPresent());
    assertTrue(item().startsWith("(1,uno,1.50"), item());
  }

  @Test
  void saysWhatTheOwnerRefuses() throws SQLException {
    String before = item();
    for (Row patch :
        new Row[] {
          row(KEPT, "bad", KEPT, KEPT, KEPT),
          row(KEPT, "much too long", KEPT, KEPT, KEPT),
          row(KEPT, KEPT, new BigDecimal("123456789.00"), KEPT, KEPT),
          row(KEPT, KEPT, KEPT, new Json("{"), KEPT)
        }) {
      Problem problem =
          assertThrows(UnisonoException.class, () -> owner.update(ITEM, new Key(1L), patch, null))
              .problem();
      assertEquals("refused-by-owner", problem.code());
      assertEquals(ProblemType.USER, problem.type());
    }
    assertEquals(before, item());
  }

  private static Problem problem(Executable write) {
    Problem problem = assertThrows(UnisonoException.class, write).problem();
    assertEquals(ProblemType.USER, problem.type(), problem::toString);
    return problem;
  }

  private static String code(Executable write) {
    return problem(write).code();
  }

  @Test
  void aRowThatIsMadeHasTheKeyThatTheServerGivesIt() throws SQLException {
    database.execute(
        "CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL"
            + " DEFAULT 'none', words int GENERATED ALWAYS AS (length(text)) STORED, at text)");
    try (ConnectedSystem notes = database.reading(NOTE);
        Owner writing = notes.owner();
        SourceRun run = SourceRun.start(notes.source(), Map.of())) {
      run.awaitStreaming();
      List<Key> keyed = new ArrayList<>();
      Owner.Inserted first = writing.insert(NOTE, noteRow(KEPT, "it's", KEPT, null), keyed::add);
      assertEquals(new Key(1L), first.key());
      Owner.Inserted second = writing.insert(NOTE, noteRow(KEPT, KEPT, KEPT, KEPT), keyed::add);
      assertEquals(List.of(first.key(), second.key()), keyed);
      var changes = run.awaitChanges(2);
      assertEquals(
          List.of(first.receipt().transaction(), second.receipt().transaction()),
          changes.stream().map(Change::transaction).toList());
      assertEquals("1|it's|4|~", Replica.text(Objects.requireNonNull(changes.get(0).after())));
      assertEquals("2|none|4|~", Replica.text(Objects.requireNonNull(changes.get(1).after())));
      assertEquals(new Owner.Filling(Set.of(0, 2), Set.of(0, 1, 2)), writing.filling(NOTE));
      // A number of one's own, and a value of a computed column, are refused by the server.
      assertEquals(
          "refused-by-owner",
          code(() -> writing.insert(NOTE, noteRow(9L, "nine", KEPT, null), keyed::add)));
      assertEquals(
          "refused-by-owner",
          code(() -> writing.insert(NOTE, noteRow(KEPT, "nine", 1L, null), keyed::add)));
      assertEquals(
          "refused-by-owner",
          code(() -> writing.insert(NOTE, noteRow(KEPT, null, KEPT, null), keyed::add)));
      assertEquals(2, keyed.size());
      assertEquals("2", database.one("SELECT count(*)::text FROM note"));
    }
  }

  @Test
  void aKeyThatIsThereIsToldFromAnotherValueThatIs() throws SQLException {
    database.execute("CREATE UNIQUE INDEX ON item (name)");
    Problem exists = problem(() -> owner.insert(ITEM, row(1L, "uno", null, null, null), _ -> {}));
    assertEquals("exists", exists.code());
    assertTrue(exists.message().contains("[1]"), exists.message());
    Problem taken = problem(() -> owner.insert(ITEM, row(2L, "one", null, null, null), _ -> {}));
    assertEquals("refused-by-owner", taken.code());
    assertTrue(taken.message().contains("item_name_idx"), taken.message());
    // The connection is as good as before.
    assertEquals(new Key(2L), owner.insert(ITEM, row(2L, "two", null, null, null), _ -> {}).key());
    assertEquals("2", database.one("SELECT count(*)::text FROM item"));
  }

  @Test
  void aConstraintThatIsDeferredRefusesAtTheCommit() throws SQLException {
    database.execute(
        "ALTER TABLE item ADD UNIQUE (name) DEFERRABLE INITIALLY DEFERRED",
        "CREATE TABLE line (id bigint PRIMARY KEY, item bigint REFERENCES item DEFERRABLE INITIALLY"
            + " DEFERRED)",
        "INSERT INTO line VALUES (1, 1)");
    List<Key> keyed = new ArrayList<>();
    assertEquals(
        "refused-by-owner",
        code(() -> owner.insert(ITEM, row(2L, "one", null, null, null), keyed::add)));
    assertEquals(List.of(new Key(2L)), keyed);
    assertEquals("refused-by-owner", code(() -> owner.delete(ITEM, new Key(1L), null)));
    assertEquals("1", database.one("SELECT count(*)::text FROM item"));
  }

  @Test
  void aRowIsDeletedWhereItIsAsExpectedAndNothingRefersToIt() throws SQLException {
    database.execute(
        "CREATE TABLE line (id bigint PRIMARY KEY, item bigint REFERENCES item)",
        "INSERT INTO line VALUES (1, 1)",
        "INSERT INTO item (id, name, document) VALUES (2, 'two', '{\"a\": [1]}')");
    Problem referred = problem(() -> owner.delete(ITEM, new Key(1L), null));
    assertEquals("refused-by-owner", referred.code());
    assertTrue(referred.message().contains("line_item_fkey"), referred.message());
    Row two = row(2L, "two", null, new Json("{\"a\": [1]}"), null);
    assertEquals(
        Optional.empty(),
        owner.delete(ITEM, new Key(2L), row(2L, "two", BigDecimal.ONE, KEPT, null)));
    assertEquals(Optional.empty(), owner.delete(ITEM, new Key(9L), null));
    assertEquals("2", database.one("SELECT count(*)::text FROM item"));
    try (SourceRun run = SourceRun.start(system.source(), Map.of())) {
      run.awaitStreaming();
      long transaction = owner.delete(ITEM, new Key(2L), two).orElseThrow().transaction();
      Change change = run.await(each -> each.operation() == Operation.DELETE);
      assertEquals(transaction, change.transaction());
      assertEquals(new Key(2L), change.key());
    }
    assertEquals("1", database.one("SELECT count(*)::text FROM item"));
  }

  @Test
  void aRowThatWouldNotBeReadIsNotMade() throws SQLException {
    Binding named =
        new Binding(
            ITEM.sync(),
            ITEM.schema(),
            ITEM.table(),
            ITEM.columns(),
            "name IS NOT NULL",
            ITEM.configPath());
    assertEquals(
        "refused-by-owner",
        code(() -> owner.insert(named, row(2L, null, null, null, null), _ -> {})));
    assertEquals("1", database.one("SELECT count(*)::text FROM item"));
    assertEquals(new Key(2L), owner.insert(named, row(2L, "two", null, null, null), _ -> {}).key());
  }

  @Test
  void goesOnAfterItsConnectionsAreCut() throws SQLException {
    Row patch = row(KEPT, "uno", KEPT, KEPT, KEPT);
    assertTrue(owner.update(ITEM, new Key(1L), patch, null).isPresent());
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unisono'"
            + " AND datname = current_database()");
    assertTrue(owner.update(ITEM, new Key(1L), patch, null).isPresent());
  }
}
