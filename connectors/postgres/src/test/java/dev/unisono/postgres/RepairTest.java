package dev.unisono.postgres;

import static dev.unisono.spi.Operation.CREATE;
import static dev.unisono.spi.Operation.DELETE;
import static dev.unisono.spi.Operation.READ;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SnapshotCommand.Action;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.SourceProgress.TableProgress;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.ReplicaKeys;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** Snapshots that are repeated, and comparisons that find what was missed. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RepairTest {
  private static final int ALL = Integer.MAX_VALUE;

  private PostgresServer server;
  private TestDatabase database;
  private Replica replica = new Replica();

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary(Map.of("max_prepared_transactions", "5"));
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeDatabase(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
    replica = new Replica();
  }

  @AfterEach
  void dropSlot() throws SQLException {
    database.close();
  }

  private Source source(Binding... more) {
    List<Binding> bindings = new ArrayList<>(List.of(ItemTable.BINDING));
    bindings.addAll(List.of(more));
    return database.system(Map.of("snapshot-chunk", 100L), bindings, List.of()).source();
  }

  /** What the replica holds now, for whoever compares. */
  private ReplicaKeys held() {
    List<Key> keys = replica.keys();
    return new ReplicaKeys(() -> keys, false);
  }

  /** Runs to the end of what is to be read and compared, and gives the state. */
  private Map<String, String> finish(Map<String, String> state)
      throws SQLException, InterruptedException {
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitStreaming().awaitDone();
      database.execute("INSERT INTO item VALUES (-1) ON CONFLICT (id) DO UPDATE SET name = 'end'");
      run.await(change -> Objects.equals(change.key(), new Key(-1L)));
      database.execute("DELETE FROM item WHERE id = -1");
      run.await(
          change -> Objects.equals(change.key(), new Key(-1L)) && change.operation() == DELETE);
      replica.apply(run.changes());
      ItemTable.assertEqualTo(replica, database);
      run.wasWell();
      return run.state();
    }
  }

  private void dropTheSlot() throws SQLException {
    database.awaitIdleSlot();
    database.execute("SELECT pg_drop_replication_slot('" + database.slot() + "')");
  }

  private static List<Key> deleted(List<Change> changes) {
    List<Key> keys = new ArrayList<>();
    for (Change change : changes) {
      if (change.operation() == DELETE) {
        keys.add(Objects.requireNonNull(change.key()));
      }
    }
    return keys;
  }

  private static TableProgress item(SourceProgress progress) {
    return progress.tables().stream()
        .filter(table -> table.sync().equals("item"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatWasMissedWithoutASlotIsFoundDeletesIncluded() throws SQLException, InterruptedException {
    ItemTable.create(database, 1_000);
    Map<String, String> state = finish(Map.of());
    dropTheSlot();
    database.execute(
        "DELETE FROM item WHERE id % 10 = 3",
        "UPDATE item SET name = 'changed', amount = 7 WHERE id % 10 = 4",
        "UPDATE item SET id = id + 10000 WHERE id % 10 = 5",
        "INSERT INTO item SELECT n, 'new' FROM generate_series(2000, 2100) n");
    try (SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitProgress(
          "the cause",
          now -> {
            Problem repair = now.repair();
            return repair != null && repair.code().equals("slot-missing");
          });
      run.awaitDone();
      run.awaitProgress("the end of the repair", now -> now.repair() == null);
      replica.apply(run.changes());
      ItemTable.assertEqualTo(replica, database);
      assertEquals(200, deleted(run.changes()).size());
      assertEquals(200, item(run.progress()).rowsMissing());
      assertEquals(1_000, item(run.progress()).keysChecked());
      state = run.state();
    }
    // It is over for good.
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitStreaming().awaitDone();
      assertNull(run.progress().repair());
      database.execute("INSERT INTO item VALUES (-5)");
      run.await(change -> Objects.equals(change.key(), new Key(-5L)));
      assertEquals(1, run.changes().size());
    }
  }

  @Test
  void aRepairBesideWorkIsExactHoweverOftenItIsKilled() throws SQLException, InterruptedException {
    ItemTable.create(database, 3_000);
    Map<String, String> state = finish(Map.of());
    Random random = new Random(5);
    try (RandomWork work = new RandomWork(database, 23, 2)) {
      awaitWork(work, 100);
      dropTheSlot();
      awaitWork(work, 100);
      int crashes = 0;
      for (int i = 0; i < 14; i++) {
        database.awaitIdleSlot();
        try (SourceRun run = SourceRun.feeding(source(), state, 1 + random.nextInt(14), held())) {
          run.awaitEnd();
          run.wasWell();
          crashes += run.progress().repair() == null ? 0 : 1;
          replica.apply(run.changes());
          state = run.state();
        }
      }
      assertTrue(crashes > 3, crashes + " crashes were in the repair");
      work.end();
    }
    finish(state);
  }

  private static void awaitWork(RandomWork work, int more) {
    int before = work.transactions();
    while (work.transactions() < before + more) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aRepeatBesideWorkEqualsTheTable() throws SQLException, InterruptedException {
    ItemTable.create(database, 3_000);
    Map<String, String> state = finish(Map.of());
    // Somebody has broken the copy: rows are gone from it, and others are there.
    replica.lose(new Key(5L), new Key(6L));
    replica.add(ItemTable.BINDING, 900_001, 900_002);
    try (RandomWork work = new RandomWork(database, 31, 3);
        SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitStreaming();
      awaitWork(work, 50);
      run.command(Action.REPEAT, "item");
      run.awaitProgress("the repeat", now -> item(now).phase() == TablePhase.READING);
      assertEquals(SourceProgress.Phase.STREAMING, run.progress().phase());
      run.awaitDone();
      awaitWork(work, 50);
      work.end();
      database.execute("INSERT INTO item VALUES (-1)");
      run.await(change -> Objects.equals(change.key(), new Key(-1L)));
      replica.apply(run.changes());
      ItemTable.assertEqualTo(replica, database);
      assertEquals("command", item(run.progress()).cause());
      assertEquals(7, item(run.progress()).began());
    }
  }

  /** All rows are told once more, and told as read again; what is gone is deleted. */
  @Test
  void aRefreshTellsRowsAsReadAgain() throws SQLException, InterruptedException {
    ItemTable.create(database, 300);
    Map<String, String> state = finish(Map.of());
    replica.add(ItemTable.BINDING, 900_001);
    try (SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitStreaming();
      run.command(Action.REFRESH, "item");
      run.awaitProgress("the refresh", now -> item(now).cause().equals("refresh"));
      run.awaitDone();
      List<Change> told = run.changes();
      assertEquals(300, told.stream().filter(c -> c.operation() == Operation.REFRESH).count());
      assertEquals(
          List.of(new Key(900_001L)),
          told.stream().filter(c -> c.operation() == Operation.DELETE).map(Change::key).toList());
      assertEquals(301, told.size());
    }
  }

  @Test
  void onlyTheTableThatWasAddedIsRead() throws SQLException, InterruptedException {
    ItemTable.create(database, 300);
    Map<String, String> state = finish(Map.of());
    database.execute(
        "CREATE TABLE other (id bigint PRIMARY KEY)",
        "INSERT INTO other SELECT generate_series(1, 250)");
    Binding other =
        Bindings.of("public.other", List.of("id"), Bindings.field("id", ValueType.LONG));
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.start(source(other), state)) {
      run.awaitChanges(250);
      run.awaitStreaming();
      assertEquals(250, run.changes().size());
      assertTrue(run.changes().stream().allMatch(change -> change.binding() == other));
    }
  }

  @Test
  void onlyTheTableThatWasMadeAnewIsRepaired() throws SQLException, InterruptedException {
    ItemTable.create(database, 300);
    database.execute(
        "CREATE TABLE other (id bigint PRIMARY KEY)",
        "INSERT INTO other SELECT generate_series(1, 50)");
    Binding other =
        Bindings.of("public.other", List.of("id"), Bindings.field("id", ValueType.LONG));
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(other), Map.of())) {
      run.awaitStreaming().awaitDone();
      database.execute("INSERT INTO item VALUES (-1)");
      run.await(change -> Objects.equals(change.key(), new Key(-1L)));
      replica.apply(run.changes().stream().filter(change -> change.binding() != other).toList());
      state = run.state();
    }
    database.awaitIdleSlot();
    database.execute("DROP TABLE item");
    ItemTable.create(database, 200);
    try (SourceRun run = SourceRun.feeding(source(other), state, ALL, held())) {
      run.awaitProgress("the end", now -> now.tables().size() == 2 && item(now).began() == 7);
      run.awaitDone();
      assertEquals("table-replaced", item(run.progress()).cause());
      assertEquals(
          List.of(), run.changes().stream().filter(change -> change.binding() == other).toList());
      assertEquals(101, deleted(run.changes()).size());
      ItemTable.assertEqualTo(replica.apply(run.changes()), database);
    }
  }

  @Test
  void aTableThatIsMadeAnewWhileItIsReadIsNoticed() throws SQLException, InterruptedException {
    ItemTable.create(database, 150);
    Map<String, String> state = finish(Map.of());
    try (SourceRun run = SourceRun.start(source(), state)) {
      run.awaitStreaming();
      database.execute("DROP TABLE item");
      ItemTable.create(database, 120);
      assertEquals("table-replaced", run.awaitFailure().problem().code());
      state = run.state();
    }
    finish(state);
  }

  @Test
  void aSweepLeavesAloneWhatItsSnapshotCannotSee() throws SQLException, InterruptedException {
    ItemTable.create(database, 150);
    Map<String, String> state = finish(Map.of());
    replica.add(ItemTable.BINDING, 900_001);
    ReplicaKeys held = new ReplicaKeys(() -> List.of(new Key(900_000L), new Key(900_001L)), false);
    held.notYet("the test");
    try (SourceRun run = SourceRun.feeding(source(), state, ALL, held);
        Connection waiting = database.connect()) {
      run.awaitStreaming();
      run.command(Action.REPEAT, null);
      run.awaitProgress(
          "the wait",
          now ->
              item(now).phase() == TablePhase.SWEEPING && "the test".equals(item(now).waiting()));
      // Its commit is in the log, but no session sees it as long as the standby is away.
      database.execute(
          "ALTER SYSTEM SET synchronous_standby_names = 'absent'", "SELECT pg_reload_conf()");
      database.await("SELECT current_setting('synchronous_standby_names') = 'absent'");
      Thread insert =
          Thread.ofVirtual()
              .start(() -> {
                try (var statement = waiting.createStatement()) {
                  statement.execute("SET synchronous_commit = on");
                  statement.execute("INSERT INTO item VALUES (900000, 'unseen')");
                } catch (SQLException ended) {
                  // The test is over.
                }
              });
      try {
        run.await(change -> Objects.equals(change.key(), new Key(900_000L)));
        assertEquals("0", database.one("SELECT count(*) FROM item WHERE id = 900000"));
        held.notYet(null);
        // It runs since before the comparison: that waits until it has ended or was shown.
        run.awaitProgress("who is waited for", now -> item(now).waiting() != null);
      } finally {
        database.execute(
            "SET synchronous_commit = local",
            "ALTER SYSTEM RESET synchronous_standby_names",
            "SELECT pg_reload_conf()");
        insert.join();
      }
      run.awaitDone();
      assertEquals(List.of(new Key(900_001L)), deleted(run.changes()));
    }
  }

  @Test
  void rowsThatWereThereBeforeTheFirstLoadAreCountedOrDeleted()
      throws SQLException, InterruptedException {
    ItemTable.create(database, 150);
    List<Key> keys = List.of(new Key(3L), new Key(700L), new Key(701L));
    try (SourceRun run =
        SourceRun.feeding(source(), Map.of(), ALL, new ReplicaKeys(() -> keys, false))) {
      run.awaitStreaming().awaitDone();
      assertEquals(List.of(), deleted(run.changes()));
      assertEquals(2, item(run.progress()).rowsMissing());
      assertEquals("first-load", item(run.progress()).cause());
    }
    database.awaitIdleSlot();
    try (SourceRun run =
        SourceRun.feeding(source(), Map.of(), ALL, new ReplicaKeys(() -> keys, true))) {
      run.awaitStreaming().awaitDone();
      assertEquals(List.of(new Key(700L), new Key(701L)), deleted(run.changes()));
    }
  }

  @Test
  void aPausedSnapshotStaysPausedAndLiveChangesGoOn() throws SQLException, InterruptedException {
    ItemTable.create(database, 5_000);
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(), Map.of())) {
      run.command(Action.PAUSE, "item");
      run.awaitProgress(
          "the pause", now -> !now.tables().isEmpty() && item(now).phase() == TablePhase.PAUSED);
      assertTrue(item(run.progress()).rowsRead() < 5_000);
      long read = item(run.progress()).rowsRead();
      database.execute("INSERT INTO item VALUES (-7)", "INSERT INTO item VALUES (-8)");
      if (read > 0) {
        run.await(change -> Objects.equals(change.key(), new Key(-8L)));
      }
      state = awaitPausedState(run);
      replica.apply(run.changes());
    }
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitProgress(
          "the pause", now -> !now.tables().isEmpty() && item(now).phase() == TablePhase.PAUSED);
      database.execute("UPDATE item SET id = 6000 WHERE id = 4000");
      assertFalse(item(run.progress()).done());
      run.command(Action.RESUME, null);
      run.awaitDone();
      database.execute("INSERT INTO item VALUES (-1)");
      run.await(change -> Objects.equals(change.key(), new Key(-1L)));
      assertTrue(run.changes().stream().anyMatch(change -> change.operation() == READ));
      ItemTable.assertEqualTo(replica.apply(run.changes()), database);
      assertFalse(run.state().containsKey("paused/item"));
    }
  }

  private static Map<String, String> awaitPausedState(SourceRun run) {
    while (!run.state().containsKey("paused/item")) {
      Thread.onSpinWait();
    }
    return run.state();
  }

  @Test
  void anOpenTransactionDelaysARepeatAndIsNamedButNoLiveChange()
      throws SQLException, InterruptedException {
    ItemTable.create(database, 300);
    Map<String, String> state = finish(Map.of());
    try (Connection open = database.connect();
        SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitStreaming();
      open.setAutoCommit(false);
      String process;
      try (var statement = open.createStatement();
          var row = statement.executeQuery("SELECT pg_backend_pid(), pg_current_xact_id()")) {
        row.next();
        process = row.getString(1);
      }
      run.command(Action.REPEAT, null);
      run.awaitProgress(
          "who is waited for",
          now ->
              item(now).phase() == TablePhase.WAITING
                  && Objects.requireNonNullElse(now.waiting(), "").contains("process " + process));
      database.execute("INSERT INTO item VALUES (12345)");
      Change live = run.await(change -> Objects.equals(change.key(), new Key(12345L)));
      assertEquals(CREATE, live.operation());
      open.rollback();
      run.awaitDone();
      assertEquals(1 + 301, run.changes().size());
    }
  }

  @Test
  void aTransactionOfAnotherDatabaseDelaysNothing() throws SQLException, InterruptedException {
    ItemTable.create(database, 300);
    Map<String, String> state = finish(Map.of());
    try (Connection elsewhere = server.connect("postgres");
        SourceRun run = SourceRun.feeding(source(), state, ALL, held())) {
      run.awaitStreaming();
      elsewhere.setAutoCommit(false);
      try (var statement = elsewhere.createStatement()) {
        statement.execute("SELECT pg_current_xact_id()");
      }
      run.command(Action.REPEAT, null);
      run.awaitProgress("the repeat", now -> item(now).cause().equals("command"));
      run.awaitDone();
    }
  }

  @Test
  void theSlotIsLetGoBeforeItFillsTheDiskThoughNobodyTakesWhatIsRead()
      throws SQLException, InterruptedException {
    ItemTable.create(database, 300);
    Map<String, String> state = finish(Map.of());
    var system =
        database.system(Map.of("log-budget", 24L << 20), List.of(ItemTable.BINDING), List.of());
    database.awaitIdleSlot();
    try (SourceRun stuck = SourceRun.stuck(system.source(), state)) {
      for (int i = 0; i < 12; i++) {
        database.execute(
            "UPDATE item SET name = name || 'x'",
            "SELECT pg_logical_emit_message(false, 'other', repeat('x', 1000000))",
            "SELECT pg_switch_wal()");
      }
      database.await(
          "SELECT NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '"
              + database.slot()
              + "')");
      stuck.letGo();
      assertEquals("log-budget", stuck.awaitFailure().problem().code());
    }
    try (SourceRun run = SourceRun.feeding(system.source(), state, ALL, held())) {
      run.awaitProgress(
          "the cause",
          now -> {
            Problem repair = now.repair();
            return repair != null && repair.code().equals("log-budget");
          });
      run.awaitDone();
      ItemTable.assertEqualTo(replica.apply(run.changes()), database);
    }
  }
}
