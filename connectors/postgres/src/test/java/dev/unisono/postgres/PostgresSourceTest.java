package dev.unisono.postgres;

import static dev.unisono.spi.Operation.CREATE;
import static dev.unisono.spi.Operation.DELETE;
import static dev.unisono.spi.Operation.READ;
import static dev.unisono.spi.Operation.TRUNCATE;
import static dev.unisono.spi.Operation.UPDATE;
import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Source;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresSourceTest {
  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary(Map.of("wal_sender_timeout", "5s"));
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
  void dropSlot() throws SQLException {
    database.close();
  }

  private Source source(Binding... bindings) {
    return database.reading(bindings).source();
  }

  private SourceRun streaming(Binding... bindings) {
    return SourceRun.start(source(bindings), Map.of()).awaitStreaming();
  }

  private static List<Operation> operations(List<Change> changes) {
    return changes.stream().map(Change::operation).toList();
  }

  private static List<@Nullable Key> keys(List<Change> changes) {
    List<@Nullable Key> keys = new ArrayList<>();
    changes.forEach(change -> keys.add(change.key()));
    return keys;
  }

  private static Row after(Change change) {
    return Objects.requireNonNull(change.after());
  }

  private static String describe(Change change) {
    Row after = change.after();
    return change.operation()
        + " "
        + change.key()
        + " from "
        + change.previousKey()
        + " at "
        + change.position()
        + " in "
        + change.transaction()
        + ": "
        + (after == null ? "" : Replica.text(after));
  }

  @Test
  void showsEachKindOfChangeInOrder() throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute(
          "INSERT INTO item VALUES (1, 'one', 1.500, NULL)",
          "UPDATE item SET name = 'uno' WHERE id = 1",
          "UPDATE item SET id = 2 WHERE id = 1",
          "DELETE FROM item WHERE id = 2",
          "TRUNCATE item");
      List<Change> changes = run.awaitChanges(5);
      assertEquals(List.of(CREATE, UPDATE, UPDATE, DELETE, TRUNCATE), operations(changes));
      assertEquals("1|one|1.500|~", Replica.text(after(changes.get(0))));
      assertEquals("1|uno|1.500|~", Replica.text(after(changes.get(1))));
      assertNull(changes.get(1).previousKey());
      assertEquals(new Key(2L), changes.get(2).key());
      assertEquals(new Key(1L), changes.get(2).previousKey());
      assertEquals(new Key(2L), changes.get(3).key());
      assertNull(changes.get(3).after());
      assertNull(changes.get(4).key());
      for (int i = 1; i < 5; i++) {
        assertTrue(changes.get(i - 1).position().compareTo(changes.get(i).position()) < 0);
        assertNotEquals(changes.get(i - 1).transaction(), changes.get(i).transaction());
        assertNull(changes.get(i).before());
      }
    }
  }

  @Test
  void showsNothingOfWhatWasRolledBack() throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute("BEGIN", "INSERT INTO item VALUES (1)", "ROLLBACK");
      database.transaction(
          "INSERT INTO item VALUES (2)",
          "SAVEPOINT s",
          "INSERT INTO item VALUES (3)",
          "ROLLBACK TO s",
          "INSERT INTO item VALUES (4)",
          "SAVEPOINT kept",
          "INSERT INTO item VALUES (5)",
          "RELEASE kept");
      List<Change> changes = run.awaitChanges(3);
      assertEquals(List.of(new Key(2L), new Key(4L), new Key(5L)), keys(changes));
      assertEquals(1, changes.stream().map(Change::transaction).distinct().count());
      assertEquals(
          List.of(0L, 1L, 2L),
          changes.stream().map(change -> change.position().ordinal()).toList());
    }
  }

  @Test
  void truncatesSeveralTablesAtOnce() throws SQLException, InterruptedException {
    database.execute(
        "CREATE TABLE parent (id bigint PRIMARY KEY)",
        "CREATE TABLE child (id bigint PRIMARY KEY, parent_id bigint REFERENCES parent)");
    Binding parent = Bindings.of("public.parent", List.of("id"), field("id", ValueType.LONG));
    Binding child =
        Bindings.of(
            "public.child",
            List.of("id"),
            field("id", ValueType.LONG),
            field("parent_id", ValueType.LONG));
    try (SourceRun run = streaming(parent, child)) {
      database.execute("TRUNCATE parent, child");
      List<Change> changes = run.awaitChanges(2);
      assertEquals(List.of(TRUNCATE, TRUNCATE), operations(changes));
      assertEquals(2, changes.stream().map(Change::binding).distinct().count());
      assertEquals(changes.get(0).transaction(), changes.get(1).transaction());
    }
  }

  @Test
  void whatWasNotSentIsUnchangedAndNeverNull() throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    database.execute("INSERT INTO item VALUES (1, 'one', 1, repeat('y', 20000))");
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute(
          "UPDATE item SET name = 'uno' WHERE id = 1",
          "UPDATE item SET id = 2 WHERE id = 1",
          "UPDATE item SET note = NULL WHERE id = 2");
      List<Change> changes = run.awaitChanges(4);
      assertEquals(READ, changes.getFirst().operation());
      assertEquals("y".repeat(20_000), after(changes.get(0)).value("note"));
      assertSame(Unchanged.UNCHANGED, after(changes.get(1)).value("note"));
      assertSame(Unchanged.UNCHANGED, after(changes.get(2)).value("note"));
      assertEquals(new Key(1L), changes.get(2).previousKey());
      assertNull(after(changes.get(3)).value("note"));
    }
  }

  @Test
  void fullIdentityGivesTheRowBefore() throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    database.execute(
        "ALTER TABLE item REPLICA IDENTITY FULL",
        "INSERT INTO item VALUES (1, 'one', 1, repeat('y', 20000))");
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute(
          "UPDATE item SET name = 'uno', amount = NULL WHERE id = 1",
          "UPDATE item SET id = 2 WHERE id = 1",
          "DELETE FROM item WHERE id = 2");
      List<Change> changes = run.awaitChanges(4);
      String note = "y".repeat(20_000);
      assertEquals(
          "1|one|1.000|" + note, Replica.text(Objects.requireNonNull(changes.get(1).before())));
      assertEquals("1|uno|~|" + note, Replica.text(after(changes.get(1))));
      assertNull(changes.get(1).previousKey());
      assertEquals(new Key(1L), changes.get(2).previousKey());
      assertEquals(
          "2|uno|~|" + note, Replica.text(Objects.requireNonNull(changes.get(3).before())));
    }
  }

  @Test
  void namesMayHoldAnything() throws SQLException, InterruptedException {
    database.execute(
        "CREATE SCHEMA \"Odd Schema\"",
        "CREATE TABLE \"Odd Schema\".\"we\"\"ird 'table\" (\"Key B\" text, \"key a\" bigint,"
            + " \"Größe \"\"x\"\"\" text, PRIMARY KEY (\"key a\", \"Key B\"))",
        "INSERT INTO \"Odd Schema\".\"we\"\"ird 'table\" SELECT 'b' || n % 7, n, 'v' FROM"
            + " generate_series(1, 250) n");
    Binding binding =
        Bindings.of(
            "Odd Schema.we\"ird 'table",
            List.of("Key B", "key a"),
            field("key a", ValueType.LONG),
            field("Größe \"x\"", ValueType.STRING),
            field("Key B", ValueType.STRING));
    try (SourceRun run = streaming(binding)) {
      assertEquals(250, keys(run.awaitChanges(250)).stream().distinct().count());
      database.execute(
          "UPDATE \"Odd Schema\".\"we\"\"ird 'table\" SET \"Größe \"\"x\"\"\" = 'ü|%s ü' WHERE"
              + " \"key a\" = 7");
      Change change = run.awaitChanges(251).getLast();
      assertEquals(new Key("b0", 7L), change.key());
      assertEquals("7|ü|%s ü|b0", Replica.text(after(change)));
    }
  }

  @Test
  void aRestartFromAnyDurableBatchLosesAndRepeatsNothing()
      throws SQLException, InterruptedException {
    ItemTable.create(database, 10);
    List<Batch> batches;
    try (SourceRun first = SourceRun.withoutAcknowledging(source(ItemTable.BINDING), Map.of())) {
      first.awaitStreaming();
      database.execute("INSERT INTO item VALUES (100, 'small')");
      first.awaitChanges(11);
      database.transaction(
          "INSERT INTO item SELECT n, 'large', n, NULL FROM generate_series(1001, 3500) n",
          "SAVEPOINT s",
          "DELETE FROM item",
          "ROLLBACK TO s",
          "UPDATE item SET id = id + 10000 WHERE id > 3000");
      database.execute(
          "UPDATE item SET id = 101 WHERE id = 100",
          "DELETE FROM item WHERE id = 101",
          "INSERT INTO item VALUES (0, 'last')");
      first.await(change -> Objects.equals(change.key(), new Key(0L)));
      batches = first.batches();
    }
    Map<String, String> state = new HashMap<>();
    int restarts = 0;
    for (int i = 0; i < batches.size(); i++) {
      SourceRun.fold(state, batches.get(i));
      List<String> expected =
          batches.subList(i + 1, batches.size()).stream()
              .flatMap(batch -> batch.changes().stream())
              .map(PostgresSourceTest::describe)
              .toList();
      if (!"done".equals(state.get("snapshot/item")) || expected.isEmpty()) {
        continue;
      }
      database.awaitIdleSlot();
      try (SourceRun again = SourceRun.withoutAcknowledging(source(ItemTable.BINDING), state)) {
        List<Change> changes = again.awaitChanges(expected.size());
        assertEquals(expected, changes.stream().map(PostgresSourceTest::describe).toList());
      }
      restarts++;
    }
    assertTrue(restarts >= 4, "restarted " + restarts + " times");
  }

  @Test
  void acknowledgesOnlyWhatIsDurable() throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    Source source = source(ItemTable.BINDING);
    try (SourceRun run = SourceRun.withoutAcknowledging(source, Map.of())) {
      run.awaitStreaming();
      database.execute("INSERT INTO item VALUES (1)");
      Change change = run.await(each -> Objects.equals(each.key(), new Key(1L)));
      String confirmed =
          "(SELECT confirmed_flush_lsn - '0/0'::pg_lsn FROM pg_replication_slots WHERE slot_name ="
              + " '"
              + database.slot()
              + "')";
      String seen = database.one("SELECT clock_timestamp()");
      String told =
          "SELECT coalesce(max(reply_time) > '%s'::timestamptz + interval '%d ms', false) FROM"
              + " pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid WHERE"
              + " s.slot_name = '"
              + database.slot()
              + "'";
      database.await(told.formatted(seen, 1500));
      assertEquals("t", database.one("SELECT " + confirmed + " <= " + change.position().commit()));
      source.durable(run.batches().getLast().mark());
      database.await("SELECT " + confirmed + " > " + change.position().commit());
    }
  }

  @Test
  void aHeartbeatMovesAnIdleSlotAndTheStateWithIt() throws SQLException, InterruptedException {
    ItemTable.create(database, 1);
    Source source =
        database
            .system(
                Map.of("heartbeat", Duration.ofMillis(100)), List.of(ItemTable.BINDING), List.of())
            .source();
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source, Map.of())) {
      run.awaitStreaming();
      for (int i = 0; i < 3; i++) {
        database.execute(
            "CREATE TABLE IF NOT EXISTS other (v text)",
            "INSERT INTO other SELECT repeat('z', 900) FROM generate_series(1, 500)");
        String written = database.one("SELECT pg_current_wal_lsn()");
        database.await(
            "SELECT confirmed_flush_lsn >= '"
                + written
                + "' FROM pg_replication_slots WHERE slot_name = '"
                + database.slot()
                + "'");
      }
      assertEquals(1, run.changes().size());
      state = run.state();
    }
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), state)) {
      run.awaitStreaming();
      database.execute("INSERT INTO item VALUES (2)");
      assertEquals(List.of(new Key(2L)), keys(run.awaitChanges(1)));
    }
  }

  @Test
  void workInOtherDatabasesAloneMovesTheSlotAndWhatItRetains()
      throws SQLException, InterruptedException {
    ItemTable.create(database, 1);
    Source source =
        database
            .system(
                Map.of("heartbeat", Duration.ofMillis(100)), List.of(ItemTable.BINDING), List.of())
            .source();
    try (SourceRun run = SourceRun.start(source, Map.of());
        var elsewhere = server.connect("postgres");
        var statement = elsewhere.createStatement()) {
      run.awaitStreaming();
      statement.execute("CREATE TABLE IF NOT EXISTS busy (v text)");
      statement.execute("INSERT INTO busy SELECT repeat('z', 900) FROM generate_series(1, 2000)");
      String written = database.one("SELECT pg_current_wal_lsn()");
      // The server notes where reading could begin only now and then; here it is told to.
      database.await(
          "SELECT pg_log_standby_snapshot() IS NOT NULL AND confirmed_flush_lsn >= '"
              + written
              + "' AND restart_lsn >= '"
              + written
              + "' FROM pg_replication_slots WHERE slot_name = '"
              + database.slot()
              + "'");
      assertEquals(1, run.changes().size());
    }
  }

  @Test
  void isNotTakenForAheadOfItsStateAfterALogThatIsNotItsOwn()
      throws SQLException, InterruptedException {
    ItemTable.create(database, 1);
    database.execute("CREATE TABLE other (v text)");
    Map<String, String> state;
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute("INSERT INTO item VALUES (2)");
      run.awaitChanges(2);
      // The server tells how far it has looked; what it found there was not for us.
      database.execute("INSERT INTO other SELECT repeat('z', 900) FROM generate_series(1, 500)");
      String seen = database.one("SELECT clock_timestamp()");
      database.await(
          "SELECT coalesce(max(reply_time) > '"
              + seen
              + "'::timestamptz + interval '2500 ms', false) FROM pg_stat_replication r"
              + " JOIN pg_replication_slots s ON s.active_pid = r.pid WHERE s.slot_name = '"
              + database.slot()
              + "'");
      state = run.state();
    }
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), state)) {
      run.awaitStreaming();
      database.execute("INSERT INTO item VALUES (3)");
      assertEquals(List.of(new Key(3L)), keys(run.awaitChanges(1)));
    }
  }

  /** The state of a source that has read a snapshot and one change, and stopped. */
  private Map<String, String> stopped() throws SQLException, InterruptedException {
    ItemTable.create(database, 3);
    Map<String, String> state;
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute("INSERT INTO item VALUES (10)");
      run.awaitChanges(4);
      state = run.state();
    }
    database.awaitIdleSlot();
    return state;
  }

  /** What a source that does not repair by itself says. */
  private UnisonoException failure(Map<String, String> state) throws InterruptedException {
    Source stopping =
        database
            .system(Map.of("on-slot-loss", "stop"), List.of(ItemTable.BINDING), List.of())
            .source();
    try (SourceRun run = SourceRun.start(stopping, state)) {
      return run.awaitFailure();
    }
  }

  @Test
  void saysThatTheSlotIsGone() throws SQLException, InterruptedException {
    Map<String, String> state = stopped();
    database.execute("SELECT pg_drop_replication_slot('" + database.slot() + "')");
    UnisonoException failure = failure(state);
    assertEquals("slot-missing", failure.problem().code());
    assertEquals(ProblemType.USER, failure.problem().type());
  }

  @Test
  void saysThatSomebodyElseReadFromTheSlot() throws SQLException, InterruptedException {
    Map<String, String> state = stopped();
    database.execute(
        "INSERT INTO item VALUES (11)",
        "SELECT pg_replication_slot_advance('" + database.slot() + "', pg_current_wal_lsn())");
    assertEquals("slot-ahead", failure(state).problem().code());
  }

  @Test
  void saysThatTheServerGaveUpTheSlot() throws SQLException, InterruptedException {
    Map<String, String> state = stopped();
    database.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1MB'", "SELECT pg_reload_conf()");
    try {
      for (int i = 0; i < 4; i++) {
        database.execute(
            "SELECT pg_logical_emit_message(false, 'other', repeat('x', 1000))",
            "SELECT pg_switch_wal()");
      }
      database.execute("CHECKPOINT");
      database.await(
          "SELECT wal_status = 'lost' FROM pg_replication_slots WHERE slot_name = '"
              + database.slot()
              + "'");
      assertEquals("slot-invalidated", failure(state).problem().code());
    } finally {
      database.execute("ALTER SYSTEM RESET max_slot_wal_keep_size", "SELECT pg_reload_conf()");
    }
  }

  @Test
  void saysThatTheSlotIsInUse() throws SQLException, InterruptedException {
    ItemTable.create(database, 3);
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      UnisonoException failure = failure(run.state());
      assertEquals("slot-in-use", failure.problem().code());
      assertEquals(ProblemType.TRANSIENT, failure.problem().type());
      database.execute("INSERT INTO item VALUES (10)");
      run.awaitChanges(4);
    }
  }

  @Test
  void goesOnAfterAColumnIsAdded() throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    try (SourceRun run = streaming(ItemTable.BINDING)) {
      database.execute(
          "INSERT INTO item VALUES (1, 'one', 1, 'a')",
          "ALTER TABLE item ADD COLUMN more int DEFAULT 7",
          "INSERT INTO item VALUES (2, 'two', 2.5, 'b', 8)");
      assertEquals("2|two|2.500|b", Replica.text(after(run.awaitChanges(2).getLast())));
    }
  }

  /** Publishing it would make the server refuse its owner's updates. */
  @Test
  void leavesATableWithoutIdentityAlone() throws SQLException, InterruptedException {
    ItemTable.create(database, 3);
    for (String identity :
        List.of(
            "ALTER TABLE item REPLICA IDENTITY NOTHING",
            "ALTER TABLE item ALTER COLUMN name SET NOT NULL",
            "ALTER TABLE item ADD CONSTRAINT by_name UNIQUE (name)",
            "ALTER TABLE item REPLICA IDENTITY USING INDEX by_name",
            "ALTER TABLE item REPLICA IDENTITY DEFAULT, DROP CONSTRAINT item_pkey")) {
      database.execute(identity);
      if (identity.contains("IDENTITY")) {
        assertEquals("key-not-in-log", failure(Map.of()).problem().code());
        database.execute("UPDATE item SET amount = 2 WHERE id = 1");
      }
    }
  }
}
