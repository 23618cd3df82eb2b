package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Settings;
import dev.unisono.spi.SnapshotCommand.Action;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.time.Duration;
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

/** No more is read at once, and no faster, than the config says. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ReadLimitsTest {
  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary(Map.of());
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

  private Source source(Map<String, Object> settings) {
    return database.system(settings, List.of(ItemTable.BINDING), List.of()).source();
  }

  /** Batches that hold changes of one operation, and how many. */
  private static List<Integer> sizes(SourceRun run, Operation operation) {
    return run.batches().stream()
        .map(Batch::changes)
        .map(changes -> (int) changes.stream().filter(one -> one.operation() == operation).count())
        .filter(size -> size > 0)
        .toList();
  }

  private SourceRun afterOneTransaction(Map<String, Object> settings)
      throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    SourceRun run = SourceRun.start(source(settings), Map.of());
    run.awaitStreaming();
    database.execute("INSERT INTO item (id) SELECT n FROM generate_series(1, 25) n");
    run.await(change -> Objects.equals(change.key(), new Key(25L)));
    return run;
  }

  @Test
  void aBatchHasNoMoreChangesThanItMay() throws Exception {
    try (SourceRun run = afterOneTransaction(Map.of("read-batch", 10L))) {
      assertEquals(List.of(10, 10, 5), sizes(run, Operation.CREATE));
    }
  }

  @Test
  void aBatchTakesNoMoreChangesBeyondItsBytes() throws Exception {
    // One change alone takes some 200 bytes.
    try (SourceRun run = afterOneTransaction(Map.of("read-batch-bytes", 1_024L))) {
      List<Integer> sizes = sizes(run, Operation.CREATE);
      assertEquals(25, sizes.stream().mapToInt(Integer::intValue).sum());
      assertTrue(sizes.stream().allMatch(size -> size <= 5), sizes::toString);
    }
  }

  @Test
  void aSnapshotThatIsHeldBackReadsSmallerChunksAndDoesAsItIsTold() throws Exception {
    ItemTable.create(database, 40_000);
    try (SourceRun run = SourceRun.start(source(Map.of("snapshot-rate", 20L)), Map.of())) {
      run.await(change -> change.operation() == Operation.READ);
      database.execute("INSERT INTO item (id) VALUES (-1)");
      run.await(change -> Objects.equals(change.key(), new Key(-1L)));
      run.command(Action.PAUSE, null);
      run.awaitProgress(
          "the pause",
          now -> now.tables().stream().allMatch(table -> table.phase() == TablePhase.PAUSED));
      // It would take half an hour.
      assertTrue(sizes(run, Operation.READ).stream().allMatch(size -> size <= 20));
      List<Change> changes = run.changes();
      assertTrue(changes.size() < 40_000, "so many were read: " + changes.size());
    }
  }

  @Test
  void whatIsOutOfRangeIsTold() {
    assertEquals(List.of(), problems(Map.of()));
    assertEquals(List.of(), problems(Map.of("snapshot-rate", 10L, "read-batch", 100_000L)));
    assertEquals(List.of("snapshot-rate"), problems(Map.of("snapshot-rate", 9L)));
    assertEquals(List.of("read-batch"), problems(Map.of("read-batch", 0L)));
    assertEquals(List.of("read-batch-bytes"), problems(Map.of("read-batch-bytes", 100L)));
    assertEquals(List.of("read-batch-bytes"), problems(Map.of("read-batch-bytes", 65L << 20)));
  }

  private static List<String> problems(Map<String, Object> more) {
    Map<String, Object> settings =
        new HashMap<>(
            Map.of(
                "url",
                "jdbc:postgresql://a/b",
                "heartbeat",
                Duration.ofSeconds(10),
                "answer-timeout",
                Duration.ofMinutes(5),
                "spool",
                1L << 30,
                "read-batch-bytes",
                1L << 20));
    PostgresConnector connector = new PostgresConnector();
    for (Option option : connector.options()) {
      String text = option.defaultValue();
      if (option.type() == Option.Type.INTEGER && text != null) {
        settings.put(option.name(), Long.valueOf(text));
      }
    }
    settings.putAll(more);
    return connector.validate(new Settings(settings)).stream().map(Problem::configPath).toList();
  }
}
