package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.Position;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Source;
import dev.unisono.spi.UnisonoException;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.SourceRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

/** Transactions that the server sends before they commit. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LargeTransactionTest {
  private static final int PARTS = 45;
  private static final int PART_ROWS = 10_000;
  private static final Key LAST = new Key(-1_000L);

  private PostgresServer server;
  private TestDatabase database;

  @BeforeAll
  void startServer() {
    server =
        PostgresServer.temporary(
            Map.of("logical_decoding_work_mem", "64kB", "wal_sender_timeout", "5s"));
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

  private Path spool() {
    return Path.of(System.getProperty("java.io.tmpdir"), "unisono-spool-" + database.slot());
  }

  private long spooledBytes() throws IOException {
    if (!Files.isDirectory(spool())) {
      return 0;
    }
    try (Stream<Path> files = Files.list(spool())) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private void awaitSpooled(long bytes) throws IOException {
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (spooledBytes() < bytes) {
      assertTrue(System.nanoTime() < deadline, "only " + spooledBytes() + " bytes are spooled");
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** A third of its parts is rolled back, and of another third the updates. */
  private void writeMuch(Statement large, SourceRun run) throws SQLException, IOException {
    for (int part = 0; part < PARTS; part++) {
      int from = part * PART_ROWS;
      Savepoint outer = large.getConnection().setSavepoint();
      if (part == 4) {
        large.execute("ALTER TABLE item DROP COLUMN note");
      }
      large.execute(
          "INSERT INTO item SELECT n, 'row ' || n, n FROM generate_series(%d, %d) n"
              .formatted(from + 1, from + PART_ROWS));
      Savepoint inner = large.getConnection().setSavepoint();
      large.execute(
          "UPDATE item SET name = 'renamed', amount = -id WHERE id BETWEEN %d AND %d"
              .formatted(from + 1, from + 1_000));
      switch (part % 3) {
        case 0 -> large.getConnection().releaseSavepoint(outer);
        case 1 -> large.getConnection().rollback(outer);
        default -> large.getConnection().rollback(inner);
      }
      if (part == 7) {
        awaitSpooled(1 << 20);
      }
      database.execute("INSERT INTO item VALUES (%d, 'small')".formatted(-1 - part));
      Key small = new Key(-1L - part);
      // What commits meanwhile does not wait for the large one.
      run.await(change -> Objects.equals(change.key(), small));
    }
    large.execute("UPDATE item SET id = id + 1000000 WHERE id BETWEEN 1 AND 500");
    large.execute("DELETE FROM item WHERE id BETWEEN 501 AND 600");
  }

  private static String describe(Change change) {
    return change.operation()
        + " "
        + change.key()
        + " "
        + change.previousKey()
        + " "
        + (change.after() == null ? "" : Replica.text(change.after()))
        + " "
        + change.position()
        + " "
        + change.sourceTime()
        + " "
        + change.transaction();
  }

  private static List<String> describe(List<Change> changes) {
    return changes.stream().map(LargeTransactionTest::describe).toList();
  }

  @Test
  void isReadOnceAndWholeThroughSavepointsAndCrashes()
      throws SQLException, InterruptedException, IOException {
    ItemTable.create(database, 0);
    List<Batch> batches;
    Position largest;
    try (SourceRun run = SourceRun.withoutAcknowledging(source(Map.of()), Map.of());
        Connection connection = database.connect();
        Statement large = connection.createStatement()) {
      run.awaitStreaming();
      connection.setAutoCommit(false);
      writeMuch(large, run);
      awaitSpooled(16 << 20);
      assertEquals(PARTS, run.changes().size());
      connection.commit();
      database.execute("INSERT INTO item VALUES (-1000, 'last')");
      run.await(change -> Objects.equals(change.key(), LAST));
      run.wasWell();
      assertEquals(0, spooledBytes());
      batches = run.batches();
      List<Change> changes = run.changes();
      ItemTable.assertEqualTo(new Replica().apply(changes), database);
      largest = changes.get(changes.size() - 2).position();
      List<Long> ordinals =
          changes.stream()
              .map(Change::position)
              .filter(position -> position.commit() == largest.commit())
              .map(Position::ordinal)
              .toList();
      assertEquals(LongStream.rangeClosed(0, largest.ordinal()).boxed().toList(), ordinals);
      assertTrue(batches.stream().allMatch(batch -> batch.changes().size() <= 1_000));
    }
    assertFalse(Files.exists(spool()));
    restartAmid(batches, largest);
  }

  /** Also where the server no longer streams what it streamed before. */
  private void restartAmid(List<Batch> batches, Position largest)
      throws SQLException, InterruptedException {
    int all = batches.size();
    int restarts = 0;
    for (int durable : List.of(all - 150, all - 5)) {
      Map<String, String> state = new HashMap<>();
      batches.subList(0, durable).forEach(batch -> SourceRun.fold(state, batch));
      Batch before = batches.get(durable - 1);
      assertEquals(largest.commit(), before.changes().getLast().position().commit());
      List<String> expected =
          describe(
              batches.subList(durable, all).stream()
                  .flatMap(batch -> batch.changes().stream())
                  .toList());
      String streaming = ++restarts == 2 ? "off" : "on";
      database.awaitIdleSlot();
      try (SourceRun again =
          SourceRun.withoutAcknowledging(source(Map.of("streaming", streaming)), state)) {
        assertEquals(expected, describe(again.awaitChanges(expected.size())));
        again.wasWell();
      }
    }
  }

  @Test
  void leavesNothingWhereItIsRolledBack() throws SQLException, InterruptedException, IOException {
    ItemTable.create(database, 0);
    try (SourceRun run = SourceRun.start(source(Map.of()), Map.of());
        Connection connection = database.connect();
        Statement large = connection.createStatement()) {
      run.awaitStreaming();
      connection.setAutoCommit(false);
      large.execute("INSERT INTO item SELECT n, repeat('x', 1000) FROM generate_series(1, 5000) n");
      awaitSpooled(1 << 20);
      connection.rollback();
      database.execute("INSERT INTO item VALUES (-1000, 'last')");
      run.await(change -> Objects.equals(change.key(), LAST));
      assertEquals(1, run.changes().size());
      assertEquals(0, spooledBytes());
    }
  }

  /** A value may be larger than all that is held in memory or read from the file at once. */
  @Test
  void mayHoldLargeValues() throws SQLException, InterruptedException, IOException {
    ItemTable.create(database, 0);
    try (SourceRun run = SourceRun.start(source(Map.of()), Map.of());
        Connection connection = database.connect();
        Statement large = connection.createStatement()) {
      run.awaitStreaming();
      connection.setAutoCommit(false);
      for (int i = 1; i <= 6; i++) {
        large.execute(
            "INSERT INTO item SELECT %d + n, 'n', n, repeat(n::text, %d) FROM generate_series(1, 9) n"
                .formatted(i * 100, i % 2 == 0 ? 100 : 2_000_000));
      }
      awaitSpooled(32 << 20);
      connection.commit();
      run.awaitChanges(54);
      ItemTable.assertEqualTo(new Replica().apply(run.changes()), database);
    }
  }

  @Test
  void isRefusedBeyondTheSpool() throws SQLException, InterruptedException {
    ItemTable.create(database, 0);
    try (SourceRun run = SourceRun.start(source(Map.of("spool", 2L << 20)), Map.of());
        Connection connection = database.connect();
        Statement large = connection.createStatement()) {
      run.awaitStreaming();
      connection.setAutoCommit(false);
      large.execute("INSERT INTO item SELECT n, repeat('x', 1000) FROM generate_series(1, 5000) n");
      UnisonoException failure = run.awaitFailure();
      assertEquals("spool-full", failure.problem().code());
      assertEquals(ProblemType.RESOURCES, failure.problem().type());
      connection.commit();
      database.awaitIdleSlot();
      try (SourceRun again = SourceRun.start(source(Map.of("streaming", "off")), run.state())) {
        again.awaitChanges(5_000);
        ItemTable.assertEqualTo(new Replica().apply(again.changes()), database);
      }
    }
    assertFalse(Files.exists(spool()));
  }
}
