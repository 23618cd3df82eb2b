package dev.unisono.postgres;

import static dev.unisono.spi.Operation.DELETE;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Source;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.ReplicaKeys;
import dev.unisono.testkit.contract.SourceRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes does not follow what was read, since the server is another one or has gone back. */
final class SlotLossTest {
  private static final String DATABASE = "slot_loss";
  private static final int ROWS = 300;

  private final Replica replica = new Replica();

  private static Source source(PostgresServer server, boolean failover, String onLoss) {
    return TestDatabase.system(
            server,
            DATABASE,
            Map.of("failover", failover, "on-slot-loss", onLoss),
            List.of(ItemTable.BINDING),
            List.of())
        .source();
  }

  private ReplicaKeys held() {
    List<Key> keys = replica.keys();
    return new ReplicaKeys(() -> keys, false);
  }

  /** Reads to the end of the log, and gives the state. */
  private Map<String, String> read(
      PostgresServer server, boolean failover, Map<String, String> state)
      throws SQLException, InterruptedException {
    TestDatabase database = new TestDatabase(server, DATABASE);
    try (SourceRun run =
        SourceRun.feeding(source(server, failover, "repair"), state, Integer.MAX_VALUE, held())) {
      run.awaitStreaming().awaitDone();
      database.execute("INSERT INTO item VALUES (-1)", "DELETE FROM item WHERE id = -1");
      run.await(
          change -> change.operation() == DELETE && Objects.equals(change.key(), new Key(-1L)));
      replica.apply(run.changes());
      ItemTable.assertEqualTo(replica, database);
      return run.state();
    } finally {
      database.awaitIdleSlot();
    }
  }

  /** It stops with the cause, or, where it may, makes it good. */
  private void assertLoss(
      String code, PostgresServer server, boolean failover, Map<String, String> state)
      throws SQLException, InterruptedException {
    try (SourceRun run = SourceRun.start(source(server, failover, "stop"), state)) {
      Problem problem = run.awaitFailure().problem();
      assertEquals(code, problem.code());
      assertEquals("systems." + DATABASE + ".slot", problem.configPath());
    }
    read(server, failover, state);
  }

  private static void change(PostgresServer server) throws SQLException {
    new TestDatabase(server, DATABASE)
        .execute(
            "DELETE FROM item WHERE id % 10 = 3",
            "UPDATE item SET name = 'changed' WHERE id % 10 = 4",
            "INSERT INTO item SELECT n, 'new' FROM generate_series(2000, 2100) n");
  }

  @Test
  void aStandbyThatTakesOverWithoutTheSlotIsReadAnew() throws Exception {
    try (PostgresServer primary = PostgresServer.temporary()) {
      TestDatabase database = new TestDatabase(primary, DATABASE);
      ItemTable.create(database, ROWS);
      Map<String, String> state = read(primary, false, Map.of());
      try (PostgresServer standby = PostgresServer.standbyOf(primary, "standby", DATABASE)) {
        change(primary);
        String written = database.one("SELECT pg_current_wal_lsn()");
        new TestDatabase(standby, DATABASE)
            .await("SELECT pg_last_wal_replay_lsn() >= '" + written + "'");
        primary.kill();
        standby.promote();
        assertLoss("slot-lost-in-failover", standby, false, state);
      }
    }
  }

  @Test
  void aStandbyThatIsNotPromotedYetIsTriedAgain() throws Exception {
    try (PostgresServer primary = PostgresServer.temporary()) {
      ItemTable.create(new TestDatabase(primary, DATABASE), ROWS);
      Map<String, String> state = read(primary, false, Map.of());
      try (PostgresServer standby = PostgresServer.standbyOf(primary, "standby", DATABASE);
          SourceRun run = SourceRun.start(source(standby, false, "stop"), state)) {
        Problem problem = run.awaitFailure().problem();
        assertEquals("read-only", problem.code());
        assertEquals(true, problem.type().retryable());
      }
    }
  }

  @Test
  void aStandbyThatLackedWhatWasReadIsReadAnew() throws Exception {
    try (PostgresServer primary = PostgresServer.temporary()) {
      TestDatabase database = new TestDatabase(primary, DATABASE);
      ItemTable.create(database, ROWS);
      Map<String, String> state = read(primary, true, Map.of());
      try (PostgresServer standby = PostgresServer.standbyOf(primary, "standby", DATABASE)) {
        try (SourceRun run = SourceRun.start(source(primary, true, "stop"), state)) {
          run.awaitStreaming();
          new TestDatabase(standby, DATABASE)
              .await(
                  "SELECT coalesce(bool_or(synced AND NOT temporary), false) FROM"
                      + " pg_replication_slots WHERE slot_name = '"
                      + database.slot()
                      + "'");
        }
        database.awaitIdleSlot();
        standby.stop();
        change(primary);
        Map<String, String> beyond = read(primary, true, state);
        primary.kill();
        standby.restart();
        standby.promote();
        // So that its log is longer than what was read, and only its history tells.
        new TestDatabase(standby, DATABASE)
            .execute(
                "SELECT pg_logical_emit_message(false, 'other', repeat('x', 1000))",
                "SELECT pg_switch_wal()",
                "SELECT pg_logical_emit_message(false, 'other', repeat('x', 1000))",
                "SELECT pg_switch_wal()");
        assertLoss("log-behind", standby, true, beyond);
      }
    }
  }

  @Test
  void aServerThatWasSetBackIsReadAnew(@TempDir Path folder) throws Exception {
    Path data = folder.resolve("server/data");
    Path copy = folder.resolve("copy");
    try (PostgresServer server = PostgresServer.start(folder.resolve("server"), Map.of())) {
      ItemTable.create(new TestDatabase(server, DATABASE), ROWS);
      Map<String, String> state = read(server, false, Map.of());
      server.stop();
      copy(data, copy);
      server.restart();
      change(server);
      new TestDatabase(server, DATABASE).execute("SELECT pg_switch_wal()");
      Map<String, String> beyond = read(server, false, state);
      server.stop();
      remove(data);
      copy(copy, data);
      server.restart();
      assertLoss("log-behind", server, false, beyond);
    }
  }

  @Test
  void anotherClusterIsReadAnew() throws Exception {
    try (PostgresServer one = PostgresServer.temporary();
        PostgresServer other = PostgresServer.temporary()) {
      ItemTable.create(new TestDatabase(one, DATABASE), ROWS);
      ItemTable.create(new TestDatabase(other, DATABASE), ROWS);
      Map<String, String> state = read(one, false, Map.of());
      change(other);
      assertLoss("slot-of-another-server", other, false, state);
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
