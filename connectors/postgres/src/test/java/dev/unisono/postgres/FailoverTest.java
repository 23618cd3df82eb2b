package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Source;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.SourceRun;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

final class FailoverTest {
  private static final long PATIENCE_NANOS = Duration.ofMinutes(3).toNanos();
  private static final String DATABASE = "failover";

  private static Source source(PostgresServer server) {
    return TestDatabase.system(
            server,
            DATABASE,
            Map.of("failover", true, "heartbeat", Duration.ofMillis(100)),
            List.of(ItemTable.BINDING),
            List.of())
        .source();
  }

  private static void await(PostgresServer server, String question) throws SQLException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    try (Connection connection = server.connect(DATABASE);
        Statement statement = connection.createStatement()) {
      while (true) {
        try (ResultSet row = statement.executeQuery(question)) {
          if (row.next() && row.getBoolean(1)) {
            return;
          }
        }
        if (System.nanoTime() > deadline) {
          throw new AssertionError("did not become true: " + question);
        }
        LockSupport.parkNanos(20_000_000);
      }
    }
  }

  private static void awaitId(SourceRun run, long id) {
    run.await(change -> Objects.equals(change.key(), new Key(id)));
  }

  @Test
  void readingGoesOnAtAPromotedStandby() throws SQLException, InterruptedException {
    try (PostgresServer primary = PostgresServer.temporary()) {
      TestDatabase database = new TestDatabase(primary, DATABASE);
      ItemTable.create(database, 0);
      try (PostgresServer standby = PostgresServer.standbyOf(primary, "standby", DATABASE)) {
        assertEquals(
            List.of("standby-not-waited-for"),
            TestDatabase.system(
                    primary,
                    DATABASE,
                    Map.of("failover", true),
                    List.of(ItemTable.BINDING),
                    List.of())
                .check()
                .stream()
                .map(Problem::code)
                .toList());
        database.execute(
            "ALTER SYSTEM SET synchronized_standby_slots = 'standby'", "SELECT pg_reload_conf()");
        Map<String, String> state = readAndStop(database, primary, standby);
        database.execute("INSERT INTO item VALUES (3, 'unread')");
        String written = database.one("SELECT pg_current_wal_lsn()");
        await(standby, "SELECT pg_last_wal_replay_lsn() >= '" + written + "'");
        primary.kill();
        standby.promote();
        try (SourceRun run = SourceRun.start(source(standby), state);
            Connection connection = standby.connect(DATABASE);
            Statement statement = connection.createStatement()) {
          awaitId(run, 3);
          statement.execute("INSERT INTO item VALUES (4, 'new')");
          awaitId(run, 4);
          assertEquals(
              List.of(new Key(3L), new Key(4L)),
              run.changes().stream().map(change -> change.key()).toList());
        }
      }
    }
  }

  /** Begun without, so that a slot that is there is altered. */
  private static Map<String, String> readAndStop(
      TestDatabase database, PostgresServer primary, PostgresServer standby)
      throws SQLException, InterruptedException {
    Map<String, String> state;
    try (SourceRun run =
        SourceRun.start(database.reading(ItemTable.BINDING).source(), Map.of()).awaitStreaming()) {
      database.execute("INSERT INTO item VALUES (1, 'first')");
      awaitId(run, 1);
      state = run.state();
    }
    database.awaitIdleSlot();
    try (SourceRun run = SourceRun.start(source(primary), state)) {
      run.awaitStreaming();
      await(
          standby,
          "SELECT synced AND NOT temporary AND failover AND invalidation_reason IS NULL FROM"
              + " pg_replication_slots WHERE slot_name = '"
              + database.slot()
              + "'");
      database.execute("INSERT INTO item VALUES (2, 'read')");
      awaitId(run, 2);
      state = run.state();
    }
    return state;
  }
}
