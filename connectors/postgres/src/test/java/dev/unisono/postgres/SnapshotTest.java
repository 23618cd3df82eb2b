package dev.unisono.postgres;

import static dev.unisono.spi.Operation.READ;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Key;
import dev.unisono.spi.Source;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
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

/** A table's snapshot beside changes of the same rows. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SnapshotTest {
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

  private Source source() {
    return database
        .system(Map.of("snapshot-chunk", 100L), List.of(ItemTable.BINDING), List.of())
        .source();
  }

  /** Runs to the end of the snapshot and compares. */
  private void finish(Replica replica, Map<String, String> state)
      throws SQLException, InterruptedException {
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.start(source(), state)) {
      run.awaitStreaming();
      database.execute("INSERT INTO item VALUES (-1)");
      run.await(change -> Objects.equals(change.key(), new Key(-1L)));
      ItemTable.assertEqualTo(replica.apply(run.changes()), database);
    }
  }

  /** Takes a few chunks and stops, as in a crash. */
  private Map<String, String> begin(Replica replica, int rows)
      throws SQLException, InterruptedException {
    ItemTable.create(database, rows);
    try (SourceRun run = SourceRun.untilBatches(source(), Map.of(), 4)) {
      run.awaitEnd();
      assertTrue(run.changes().stream().anyMatch(change -> change.operation() == READ));
      assertTrue(run.changes().size() < rows / 2, "so many were read: " + run.changes().size());
      replica.apply(run.changes());
      return run.state();
    }
  }

  @Test
  void aSnapshotBesideLiveChangesEqualsTheTable() throws SQLException, InterruptedException {
    ItemTable.create(database, 3_000);
    try (RandomWork work = new RandomWork(database, 42, 3)) {
      try (SourceRun run = SourceRun.start(source(), Map.of())) {
        run.awaitStreaming();
        int before = work.transactions();
        while (work.transactions() < before + 200) {
          Thread.onSpinWait();
        }
        work.end();
        database.execute("INSERT INTO item VALUES (-1)");
        run.await(change -> Objects.equals(change.key(), new Key(-1L)));
        ItemTable.assertEqualTo(new Replica().apply(run.changes()), database);
        assertTrue(run.changes().stream().anyMatch(change -> change.operation() == READ));
        assertTrue(run.changes().stream().anyMatch(change -> change.previousKey() != null));
      }
    }
  }

  @Test
  void crashesDuringASnapshotLoseNothing() throws SQLException, InterruptedException {
    ItemTable.create(database, 3_000);
    Random random = new Random(7);
    Map<String, String> state = Map.of();
    Replica replica = new Replica();
    int crashesInSnapshot = 0;
    try (RandomWork work = new RandomWork(database, 11, 2)) {
      for (int crash = 0; crash < 12; crash++) {
        database.awaitIdleSlot();
        try (SourceRun run = SourceRun.untilBatches(source(), state, 1 + random.nextInt(12))) {
          run.awaitEnd();
          run.wasWell();
          crashesInSnapshot += run.streaming() ? 0 : 1;
          state = run.state();
          replica.apply(run.changes());
        }
      }
      database.awaitIdleSlot();
      try (SourceRun run = SourceRun.start(source(), state)) {
        run.awaitStreaming();
        work.end();
        database.execute("INSERT INTO item VALUES (-1)");
        run.await(change -> Objects.equals(change.key(), new Key(-1L)));
        ItemTable.assertEqualTo(replica.apply(run.changes()), database);
      }
    }
    assertTrue(crashesInSnapshot > 0);
  }

  @Test
  void aRowMovedToWhereTheSnapshotHasPassedIsWhole() throws SQLException, InterruptedException {
    Replica replica = new Replica();
    Map<String, String> state = begin(replica, 3_000);
    database.execute("UPDATE item SET id = -2, name = 'moved' WHERE id = 2999");
    finish(replica, state);
  }

  @Test
  void aRowMovedBeforeACrashIsWhole() throws SQLException, InterruptedException {
    Replica replica = new Replica();
    Map<String, String> state = begin(replica, 3_000);
    database.execute("UPDATE item SET id = -2, name = 'moved' WHERE id = 2999");
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.untilBatches(source(), state, 1)) {
      run.awaitEnd();
      replica.apply(run.changes());
      state = run.state();
    }
    database.execute(
        "UPDATE item SET id = -3 WHERE id = -2", "UPDATE item SET name = 'again' WHERE id = -3");
    finish(replica, state);
  }

  @Test
  void moreMovedRowsThanAreRememberedAreWhole() throws SQLException, InterruptedException {
    Replica replica = new Replica();
    Map<String, String> state = begin(replica, 30_000);
    database.execute("UPDATE item SET id = -10 - id WHERE id > 10000");
    finish(replica, state);
  }
}
