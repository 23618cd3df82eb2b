package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Source;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
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

/** What the log may hold beside plain transactions. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LogContentTest {
  private static final Duration HEARTBEAT = Duration.ofMillis(100);

  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary(Map.of("max_prepared_transactions", "10"));
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeDatabase(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
    ItemTable.create(database, 0);
  }

  @AfterEach
  void dropSlot() throws SQLException {
    database.close();
  }

  private Source source(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("heartbeat", HEARTBEAT);
    return database.system(settings, List.of(ItemTable.BINDING), List.of()).source();
  }

  private SourceRun streaming(Map<String, Object> settings) {
    return SourceRun.start(source(settings), Map.of()).awaitStreaming();
  }

  private static List<@Nullable Object> ids(SourceRun run) {
    return run.changes().stream()
        .<@Nullable Object>map(change -> Objects.requireNonNull(change.key()).part(0))
        .toList();
  }

  private static Change awaitId(SourceRun run, long id) {
    return run.await(change -> Objects.equals(change.key(), new Key(id)));
  }

  @Test
  void aPreparedTransactionComesWhenItIsCommittedAlsoAfterARestart()
      throws SQLException, InterruptedException {
    Map<String, String> state;
    try (SourceRun run = streaming(Map.of())) {
      database.execute(
          "BEGIN",
          "INSERT INTO item VALUES (1)",
          "PREPARE TRANSACTION 'kept'",
          "BEGIN",
          "INSERT INTO item VALUES (2)",
          "PREPARE TRANSACTION 'dropped'",
          "INSERT INTO item VALUES (3)");
      awaitId(run, 3);
      assertEquals(List.of(3L), ids(run));
      state = run.state();
    }
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.start(source(Map.of()), state)) {
      run.awaitStreaming();
      database.execute(
          "ROLLBACK PREPARED 'dropped'",
          "INSERT INTO item VALUES (4)",
          "COMMIT PREPARED 'kept'",
          "INSERT INTO item VALUES (5)");
      awaitId(run, 5);
      assertEquals(List.of(4L, 1L, 5L), ids(run));
    }
  }

  @Test
  void saysWhichPreparedTransactionTheFirstSnapshotWaitsFor() throws SQLException {
    database.execute("BEGIN", "INSERT INTO item VALUES (1)", "PREPARE TRANSACTION 'left open'");
    try (SourceRun run = SourceRun.start(source(Map.of()), Map.of())) {
      run.awaitProgress(
          "the wait",
          progress -> String.valueOf(progress.waiting()).contains("prepared as left open"));
      database.execute("COMMIT PREPARED 'left open'");
      run.awaitStreaming();
      run.awaitProgress("the end of the wait", progress -> progress.waiting() == null);
      // The progress is told a moment before the rows are handed over.
      run.awaitChanges(1);
      ItemTable.assertEqualTo(new Replica().apply(run.changes()), database);
    }
  }

  @Test
  void messagesOfOthersArePassedOver() throws SQLException {
    try (SourceRun run = streaming(Map.of())) {
      database.transaction(
          "INSERT INTO item VALUES (1)",
          "SELECT pg_logical_emit_message(true, 'other', 'chunk')",
          "SELECT pg_logical_emit_message(false, 'other', repeat('x', 100000))",
          "SELECT pg_logical_emit_message(true, 'unisono', 'chunk of nobody 1')",
          "INSERT INTO item VALUES (2)");
      database.execute(
          "SELECT pg_logical_emit_message(false, '', '')",
          "SELECT pg_logical_emit_message(true, 'other', 'alone')",
          "INSERT INTO item VALUES (3)");
      awaitId(run, 3);
      assertEquals(List.of(1L, 2L, 3L), ids(run));
      assertEquals(
          List.of(0L, 1L, 0L),
          run.changes().stream().map(change -> change.position().ordinal()).toList());
    }
  }

  @Test
  void leavesOutWhatReplicationWroteWhereAsked() throws SQLException {
    try (SourceRun own = streaming(Map.of("origin", "none", "slot", database.slot() + "_own"));
        SourceRun all = streaming(Map.of())) {
      database.execute(
          "SELECT pg_replication_origin_create('elsewhere')",
          "INSERT INTO item VALUES (1)",
          "SELECT pg_replication_origin_session_setup('elsewhere')",
          "INSERT INTO item VALUES (2)",
          "SELECT pg_replication_origin_session_reset()",
          "INSERT INTO item VALUES (3)");
      awaitId(own, 3);
      awaitId(all, 3);
      assertEquals(List.of(1L, 3L), ids(own));
      assertEquals(List.of(1L, 2L, 3L), ids(all));
    }
    database.await(
        "SELECT NOT active FROM pg_replication_slots WHERE slot_name = '"
            + database.slot()
            + "_own'");
    database.execute("SELECT pg_drop_replication_slot('" + database.slot() + "_own')");
  }

  @Test
  void whatAServerIsTooOldForIsRefused() {
    LogOptions options = new LogOptions(true, Path.of("none"), 1, true, true);
    assertEquals(2, options.tooNew("crm", 15).size());
    Problem failover = options.tooNew("crm", 16).getFirst();
    assertEquals("option-too-new", failover.code());
    assertEquals("systems.crm.failover", failover.configPath());
    assertTrue(options.tooNew("crm", 17).isEmpty());
    assertEquals(
        List.of(2, 3, 4, 4), List.of(14, 15, 16, 18).stream().map(LogOptions::protocol).toList());
  }

  @Test
  void tellsHowFarItIsBehind() throws SQLException {
    try (SourceRun run = streaming(Map.of())) {
      run.awaitProgress("a lag", progress -> progress.lagBytes() >= 0);
      database.execute(
          "CREATE TABLE other (v text)",
          "INSERT INTO other SELECT repeat('z', 900) FROM generate_series(1, 500)");
      run.awaitProgress("no lag", progress -> progress.lagBytes() == 0);
    }
  }
}
