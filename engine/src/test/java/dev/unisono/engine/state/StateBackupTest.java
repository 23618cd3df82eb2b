package dev.unisono.engine.state;

import static dev.unisono.engine.fixture.Entities.change;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.record.RecordProjection;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class StateBackupTest {
  private static final Entity PERSON =
      entity(1, "person", List.of("id LONG", "name STRING"), List.of("id"));
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path temporary;
  private final MovableClock clock = new MovableClock();

  /** A state with its records, running. */
  private final class Running implements AutoCloseable {
    final StateFolder folder;
    final EngineState state;
    final RecordProjection records;

    Running(Path path) throws SQLException {
      folder = StateFolder.open(path, clock);
      state =
          new EngineState(
              folder,
              List.of(PERSON),
              Duration.ofDays(7),
              Long.MAX_VALUE,
              Duration.ZERO,
              System::nanoTime,
              () -> 0);
      records = new RecordProjection(folder, state.journal(), state.shapes(), List.of(PERSON));
      state.start();
      records.start();
    }

    /** Each batch says with the source's state how many changes there are up to it. */
    void submit(long id) {
      state.submit(
          new Intake(
              "crm",
              List.of(
                  change(PERSON, Operation.CREATE, new Key(id), row(PERSON, id, "name " + id), id)),
              List.of(),
              Map.of("handed", Long.toString(id)),
              1_000,
              () -> {}));
    }

    void submitDurably(long id) throws InterruptedException {
      submit(id);
      assertTrue(records.awaitSequence(id, LIMIT));
    }

    @Override
    public void close() {
      records.close();
      state.close();
      folder.close();
    }
  }

  @Test
  void isOneMomentOfAStateThatIsWrittenMeanwhile() throws Exception {
    Path live = temporary.resolve("live");
    Path backup = temporary.resolve("backup");
    Path restored = temporary.resolve("restored");
    String installation;
    long epoch;
    try (Running running = new Running(live)) {
      installation = running.folder.installation();
      epoch = running.folder.epoch();
      running.submitDurably(1);
      Thread writing =
          Thread.ofPlatform()
              .start(() -> {
                for (long id = 2; id <= 3_000; id++) {
                  running.submit(id);
                }
              });
      StateBackup.take(live, backup);
      writing.join();
      assertTrue(running.records.awaitSequence(3_000, LIMIT), "the server does not go on");
    }
    StateBackup.restore(backup, restored, false, clock);
    try (Running running = new Running(restored)) {
      assertEquals(installation, running.folder.installation());
      assertTrue(running.folder.epoch() > epoch, "cursors of before would be taken for ours");
      long head = running.state.journal().head().sequence();
      assertEquals(Long.toString(head), running.state.sourceState("crm").get("handed"));
      long read = 0;
      while (read < head) {
        for (JournalEntry entry : running.state.journal().read(read, 1 << 20)) {
          assertEquals(++read, entry.sequence());
        }
      }
      running.submitDurably(head + 1);
      assertTrue(running.records.awaitSequence(head + 1, LIMIT));
    }
  }

  @Test
  void raisesTheEpochAlsoWhereTheClockWasSetBack() throws Exception {
    Path live = temporary.resolve("live");
    long epoch;
    try (Running running = new Running(live)) {
      running.submitDurably(1);
      epoch = running.folder.epoch();
    }
    StateBackup.take(live, temporary.resolve("backup"));
    clock.move(Duration.ofDays(-30));
    StateBackup.restore(temporary.resolve("backup"), live, true, clock);
    long once;
    try (Running running = new Running(live)) {
      once = running.folder.epoch();
      assertTrue(once > epoch);
      running.submitDurably(2);
    }
    StateBackup.restore(temporary.resolve("backup"), live, true, clock);
    try (Running running = new Running(live)) {
      assertTrue(running.folder.epoch() > once);
      assertEquals(1, running.state.journal().head().sequence());
    }
  }

  @Test
  void keepsTheAuditWithWhatGuardsIt() throws Exception {
    Path live = temporary.resolve("live");
    new Running(live).close();
    try (Connection audit = DriverManager.getConnection("jdbc:sqlite:" + live.resolve("audit.db"));
        Statement statement = audit.createStatement()) {
      statement.execute("CREATE TABLE audit (entry TEXT)");
      statement.execute(
          "CREATE TRIGGER whole BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'stays'); END");
      statement.execute("INSERT INTO audit VALUES ('one')");
    }
    StateBackup.take(live, temporary.resolve("backup"));
    StateBackup.restore(temporary.resolve("backup"), temporary.resolve("restored"), false, clock);
    try (Connection audit =
            DriverManager.getConnection(
                "jdbc:sqlite:" + temporary.resolve("restored").resolve("audit.db"));
        Statement statement = audit.createStatement();
        ResultSet row = statement.executeQuery("SELECT entry FROM audit")) {
      assertTrue(row.next());
      assertEquals("one", row.getString(1));
      assertThrows(SQLException.class, () -> statement.execute("DELETE FROM audit"));
    }
  }

  @Test
  void keepsTheTokensHashAndNotTheToken() throws Exception {
    Path live = temporary.resolve("live");
    new Running(live).close();
    Files.writeString(live.resolve("admin-token"), "uni_secret\n");
    Files.writeString(live.resolve("admin-token.sha256"), "abc\n");
    StateBackup.take(live, temporary.resolve("backup"));
    StateBackup.restore(temporary.resolve("backup"), temporary.resolve("restored"), false, clock);
    for (String folder : List.of("backup", "restored")) {
      Path path = temporary.resolve(folder);
      assertEquals("abc\n", Files.readString(path.resolve("admin-token.sha256")));
      assertFalse(Files.exists(path.resolve("admin-token")));
    }
    assertEquals("rwx------", permissions("backup"));
    assertEquals("rw-------", permissions("backup/state.db"));
  }

  @Test
  void copiesWhatTheDoorsKeep() throws Exception {
    Path live = temporary.resolve("live");
    new Running(live).close();
    try (DoorsDatabase doors = DoorsDatabase.open(live)) {
      doors.define("CREATE TABLE IF NOT EXISTS kept (word TEXT)", "INSERT INTO kept VALUES ('a')");
      StateBackup.take(live, temporary.resolve("backup"));
    }
    StateBackup.restore(temporary.resolve("backup"), temporary.resolve("restored"), false, clock);
    try (DoorsDatabase doors = DoorsDatabase.open(temporary.resolve("restored"))) {
      assertEquals(
          "a",
          doors.transaction(connection -> {
            try (var rows = connection.createStatement().executeQuery("SELECT word FROM kept")) {
              return rows.next() ? rows.getString(1) : "";
            }
          }));
    }
  }

  private String permissions(String path) throws IOException {
    return java.nio.file.attribute.PosixFilePermissions.toString(
        Files.getPosixFilePermissions(temporary.resolve(path)));
  }

  @Test
  void overwritesNothingUnasked() throws Exception {
    Path live = temporary.resolve("live");
    Path backup = temporary.resolve("backup");
    assertRefused("backup-no-state", () -> StateBackup.take(live, backup));
    assertRefused("restore-no-backup", () -> StateBackup.restore(backup, live, true, clock));
    try (Running running = new Running(live)) {
      running.submitDurably(1);
      StateBackup.take(live, backup);
      assertRefused("backup-not-empty", () -> StateBackup.take(live, backup));
      assertRefused("state-in-use", () -> StateBackup.restore(backup, live, true, clock));
      running.submitDurably(2);
    }
    assertRefused("restore-not-empty", () -> StateBackup.restore(backup, live, false, clock));
    try (Running running = new Running(live)) {
      assertEquals(2, running.state.journal().head().sequence());
    }
    StateBackup.restore(backup, live, true, clock);
    try (Running running = new Running(live)) {
      assertEquals(1, running.state.journal().head().sequence());
    }
    try (Stream<Path> files = Files.list(live)) {
      Path aside =
          files
              .filter(file -> file.getFileName().toString().startsWith("replaced-"))
              .findFirst()
              .orElseThrow();
      try (Running running = new Running(aside)) {
        assertEquals(2, running.state.journal().head().sequence());
      }
    }
  }

  private static void assertRefused(String code, Executable attempt) {
    assertEquals(code, assertThrows(UnisonoException.class, attempt).problem().code());
  }
}
