package dev.unisono.mariadb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Operation;
import dev.unisono.spi.SnapshotCommand.Action;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** What becomes of a source that ends anywhere and goes on from the state of its last batch. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ResumeTest {
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

  private Source source(Binding... bindings) {
    return database.system(Map.of("read-batch", 50L), bindings).source();
  }

  @Test
  void goesOnAfterTheLastDurableBatchOfALargeTransaction() throws Exception {
    ItemTable.create(database, 0);
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitStreaming()) {
      state = run.state();
    }
    database.execute(
        "INSERT INTO item SELECT seq, 'x', seq FROM seq_1_to_1000",
        "UPDATE item SET name = 'y' WHERE id <= 100",
        "DELETE FROM item WHERE id > 900");
    List<Change> all = new ArrayList<>();
    int rounds = 0;
    while (all.size() < 1_200) {
      rounds++;
      assertTrue(rounds < 50, "no end in sight: " + all.size());
      try (SourceRun run = SourceRun.untilBatches(source(ItemTable.BINDING), state, 4)) {
        run.awaitEnd();
        run.wasWell();
        all.addAll(run.changes());
        state = run.state();
        Batch last = run.batches().getLast();
        if (!last.changes().isEmpty() && all.size() < 1_000) {
          assertEquals(last.changes().getLast().transaction(), last.unfinished());
        }
      }
    }
    assertTrue(rounds > 5, "was not interrupted");
    assertEquals(1_200, all.size());
    for (int i = 1; i < all.size(); i++) {
      assertTrue(all.get(i - 1).position().compareTo(all.get(i).position()) < 0, "at " + i);
    }
    assertEquals(ItemTable.texts(database), new Replica().apply(all).texts());
  }

  @Test
  void goesOnWithASnapshotBesideLiveChanges() throws Exception {
    ItemTable.create(database, 3_000);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicReference<@Nullable SQLException> failed = new AtomicReference<>();
    Thread writer = Thread.ofPlatform().start(() -> write(stop, failed));
    Map<String, String> state = Map.of();
    Replica replica = new Replica();
    try {
      for (int round = 0; round < 8; round++) {
        try (SourceRun run =
            SourceRun.untilBatches(source(ItemTable.BINDING), state, 3 + 2 * round)) {
          run.awaitEnd();
          run.wasWell();
          replica.apply(run.changes());
          state = run.state();
        }
      }
    } finally {
      stop.set(true);
      writer.join();
    }
    assertEquals(null, failed.get());
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), state).awaitDone()) {
      database.execute("INSERT INTO item VALUES (9999999, 'last', 0)");
      run.await(change -> change.operation() == Operation.CREATE && "last".equals(name(change)));
      run.wasWell();
      replica.apply(run.changes());
    }
    assertEquals(ItemTable.texts(database), replica.texts());
  }

  private static @Nullable Object name(Change change) {
    return change.after() == null ? null : change.after().value("name");
  }

  /** Inserts, updates, deletes and moves, some of them in transactions, all over the table. */
  private void write(AtomicBoolean stop, AtomicReference<@Nullable SQLException> failed) {
    try (TestDatabase own = new TestDatabase(server, database.name())) {
      for (int i = 1; !stop.get(); i++) {
        own.execute(
            "INSERT INTO item VALUES (" + (100_000 + i) + ", 'new', " + i + ")",
            "UPDATE item SET name = 'changed " + i + "' WHERE id = " + (i * 37 % 3_000),
            "DELETE FROM item WHERE id = " + (i * 53 % 3_000));
        own.transaction(
            "UPDATE item SET id = id + 200000 WHERE id = " + (i * 71 % 3_000),
            "UPDATE item SET id = " + -i + " WHERE id = " + (100_000 + i / 2));
      }
    } catch (SQLException problem) {
      failed.set(problem);
    }
  }

  @Test
  void pausesASnapshotAndResumesItAfterARestart() throws Exception {
    ItemTable.create(database, 2_000);
    Map<String, Object> slow = Map.of("snapshot-rate", 1_000L);
    Map<String, String> state;
    try (SourceRun run =
        SourceRun.start(database.system(slow, ItemTable.BINDING).source(), Map.of())) {
      run.awaitChanges(100);
      run.command(Action.PAUSE, "item");
      run.awaitProgress(
          "the pause",
          now -> now.tables().stream().anyMatch(each -> each.phase() == TablePhase.PAUSED));
      database.execute("UPDATE item SET name = 'meanwhile' WHERE id = 1");
      run.await(change -> "meanwhile".equals(name(change)));
      state = run.state();
      assertTrue(run.changes().size() < 2_000);
    }
    try (SourceRun run =
        SourceRun.start(database.system(Map.of(), ItemTable.BINDING).source(), state)) {
      run.awaitProgress(
          "the pause",
          now -> now.tables().stream().anyMatch(each -> each.phase() == TablePhase.PAUSED));
      run.command(Action.RESUME, null);
      run.awaitDone();
      run.wasWell();
    }
  }

  @Test
  void readsATableThatIsAddedLater() throws Exception {
    ItemTable.create(database, 10);
    database.execute(
        "CREATE TABLE other (id int PRIMARY KEY)", "INSERT INTO other VALUES (1), (2)");
    Binding other = Bindings.of("other", List.of("id"), Bindings.field("id", ValueType.LONG));
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      state = run.state();
    }
    database.execute("INSERT INTO other VALUES (3)", "INSERT INTO item VALUES (11, 'x', 0)");
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING, other), state).awaitDone()) {
      List<Change> changes = run.awaitChanges(4);
      assertEquals(
          3, changes.stream().filter(change -> change.binding() == other).count(), "" + changes);
      assertEquals(4, changes.size());
    }
  }

  @Test
  void goesOnAfterTheServerWasKilled() throws Exception {
    ItemTable.create(database, 10);
    Map<String, String> state;
    Replica replica = new Replica();
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), Map.of()).awaitDone()) {
      database.execute("UPDATE item SET name = 'before' WHERE id = 1");
      run.await(change -> "before".equals(name(change)));
      server.kill();
      assertTrue(run.awaitFailure().problem().type().retryable());
      replica.apply(run.changes());
      state = run.state();
    }
    server.restart();
    database.reconnect();
    database.execute("UPDATE item SET name = 'after' WHERE id = 2");
    try (SourceRun run = SourceRun.start(source(ItemTable.BINDING), state)) {
      run.await(change -> "after".equals(name(change)));
      assertEquals(1, run.changes().size());
      replica.apply(run.changes());
    }
    assertEquals(ItemTable.texts(database), replica.texts());
  }
}
