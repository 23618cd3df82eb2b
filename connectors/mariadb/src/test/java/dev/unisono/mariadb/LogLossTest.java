package dev.unisono.mariadb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.SnapshotCommand.Action;
import dev.unisono.spi.Source;
import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.ReplicaKeys;
import dev.unisono.testkit.contract.SourceRun;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;

/** A binlog that does not reach back to where it was read, or is another one. */
final class LogLossTest {
  private MariaDbServer server;
  private TestDatabase database;

  /** What a consumer holds that has taken all that was handed over. */
  private final Replica replica = new Replica();

  @BeforeEach
  void startServer(TestInfo test) throws Exception {
    server = MariaDbServer.temporary();
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
  }

  @AfterEach
  void stopServer() throws Exception {
    database.close();
    server.close();
  }

  private Source source(String onLoss) {
    return database.system(Map.of("on-log-loss", onLoss), ItemTable.BINDING).source();
  }

  /** Reads everything once, and gives the state. */
  private Map<String, String> firstLoad() throws Exception {
    ItemTable.create(database, 300);
    try (SourceRun run = SourceRun.start(source("repair"), Map.of()).awaitDone()) {
      database.execute("UPDATE item SET name = 'seen' WHERE id = 1");
      run.awaitChanges(301);
      replica.apply(run.changes());
      return run.state();
    }
  }

  private void change() throws Exception {
    database.execute(
        "DELETE FROM item WHERE id BETWEEN 10 AND 30",
        "UPDATE item SET name = 'unseen' WHERE id = 2",
        "INSERT INTO item VALUES (1000, 'unseen', 1)");
  }

  private void stopsWith(Map<String, String> state, String code) throws Exception {
    try (SourceRun run = SourceRun.start(source("stop"), state)) {
      assertEquals(code, run.awaitFailure().problem().code());
    }
  }

  private void repairs(Map<String, String> state, String code) throws Exception {
    KnownKeys known = new ReplicaKeys(replica::keys, false);
    try (SourceRun run =
        SourceRun.feeding(source("repair"), state, Integer.MAX_VALUE, known)
            .awaitProgress(
                "the repair",
                now -> {
                  Problem repair = now.repair();
                  return repair != null && repair.code().equals(code);
                })
            .awaitDone()) {
      replica.apply(run.changes());
      assertEquals(ItemTable.texts(database), replica.texts());
      assertEquals(
          List.of(code), run.progress().tables().stream().map(table -> table.cause()).toList());
    }
  }

  @Test
  void repairsByComparisonWhereTheLogWasPurged() throws Exception {
    Map<String, String> state = firstLoad();
    change();
    database.execute("FLUSH BINARY LOGS", "FLUSH BINARY LOGS");
    purge();
    stopsWith(state, "log-purged");
    repairs(state, "log-purged");
  }

  /** The server keeps a file for as long as it believes that somebody reads it. */
  private void purge() throws Exception {
    String last = database.rows("SHOW BINARY LOGS").getLast();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (database.rows("SHOW BINARY LOGS").size() > 1) {
      assertTrue(System.nanoTime() < deadline, "the binlog is not purged");
      database.execute("PURGE BINARY LOGS TO '" + last + "'");
    }
  }

  @Test
  void repairsByComparisonWhereTheLogWasEmptied() throws Exception {
    Map<String, String> state = firstLoad();
    change();
    database.execute("RESET MASTER");
    stopsWith(state, "log-behind");
    repairs(state, "log-behind");
  }

  @Test
  void tellsAnotherLogByWhatStandsAtItsPlace() throws Exception {
    Map<String, String> state = firstLoad();
    change();
    database.execute("RESET MASTER");
    for (int i = 0; i < 20; i++) {
      database.execute("INSERT INTO item VALUES (" + (2_000 + i) + ", 'after', 1)");
    }
    stopsWith(state, "log-replaced");
    repairs(state, "log-replaced");
  }

  @Test
  void repeatsEverythingByCommandWhereItStoppedAtALoss() throws Exception {
    Map<String, String> state = firstLoad();
    change();
    database.execute("RESET MASTER");
    Source source = source("stop");
    source.command(new SnapshotCommand(Action.REPEAT, null));
    KnownKeys known = new ReplicaKeys(replica::keys, false);
    try (SourceRun run = SourceRun.feeding(source, state, Integer.MAX_VALUE, known).awaitDone()) {
      run.awaitChanges(1);
      replica.apply(run.changes());
      assertEquals(ItemTable.texts(database), replica.texts());
    }
  }

  @Test
  void comparesByCommandAndDeletesWhatIsGone() throws Exception {
    ItemTable.create(database, 300);
    replica.add(ItemTable.BINDING, 5_000);
    KnownKeys known = new ReplicaKeys(replica::keys, false);
    try (SourceRun run =
        SourceRun.feeding(source("repair"), Map.of(), Integer.MAX_VALUE, known).awaitDone()) {
      assertEquals(1, run.progress().tables().getFirst().rowsMissing());
      assertEquals(300, run.changes().size());
      replica.apply(run.changes());
      replica.lose(new Key(7L));
      run.command(Action.REPEAT, "item");
      run.awaitProgress("the second snapshot", now -> now.tables().getFirst().number() == 2);
      run.awaitDone();
      assertEquals(new Key(5_000L), Objects.requireNonNull(run.changes().getLast().key()));
      assertEquals(Operation.DELETE, run.changes().getLast().operation());
      replica.apply(run.changes());
      assertEquals(ItemTable.texts(database), replica.texts());
      run.wasWell();
      assertTrue(run.progress().tables().getFirst().done());
      refresh(run);
    }
  }

  /** All rows are told once more, and told as read again; what is gone is deleted. */
  private void refresh(SourceRun run) {
    replica.add(ItemTable.BINDING, 6_000);
    int before = run.changes().size();
    run.command(Action.REFRESH, "item");
    run.awaitProgress("the refresh", now -> now.tables().getFirst().number() == 3);
    run.awaitDone();
    assertEquals("refresh", run.progress().tables().getFirst().cause());
    List<Change> told = run.changes().subList(before, run.changes().size());
    assertEquals(300, told.stream().filter(c -> c.operation() == Operation.REFRESH).count());
    assertEquals(
        List.of(new Key(6_000L)),
        told.stream().filter(c -> c.operation() == Operation.DELETE).map(Change::key).toList());
    assertEquals(301, told.size());
  }
}
