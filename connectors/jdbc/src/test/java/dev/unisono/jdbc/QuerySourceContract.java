package dev.unisono.jdbc;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.KnownKeys;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.SourceProgress.TablePhase;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.ReplicaKeys;
import dev.unisono.testkit.contract.SourceRun;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds of a source by queries, whatever the database. */
abstract class QuerySourceContract {
  static final Binding PLAIN =
      Bindings.of(
          "item",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("version", ValueType.LONG));
  static final Binding ITEM = PLAIN.withCursor("version");

  private static final Duration OFTEN = Duration.ofMillis(100);

  protected QueriedDatabase database;

  /** A new and empty database. */
  abstract QueriedDatabase make(Path folder) throws Exception;

  @BeforeEach
  void makeTable(@TempDir Path folder) throws Exception {
    database = make(folder);
    database.execute(
        "CREATE TABLE \"item\" (\"id\" bigint NOT NULL PRIMARY KEY, \"name\" varchar(100),"
            + " \"version\" bigint)",
        "CREATE INDEX \"item_version\" ON \"item\" (\"version\", \"id\")");
  }

  Source source(Map<String, Object> more, Binding binding) {
    return database.system(more, binding).source();
  }

  private SourceRun start(Map<String, Object> more) {
    return SourceRun.start(source(more, ITEM), Map.of());
  }

  /** Rows whose version is their number. */
  private void fill(int from, int to) throws SQLException {
    List<String> inserts = new ArrayList<>();
    for (int i = from; i < to; i++) {
      inserts.add(insert(i, "name " + i, i));
    }
    database.transaction(inserts.toArray(String[]::new));
  }

  static String insert(long id, String name, long version) {
    return "INSERT INTO \"item\" VALUES (" + id + ", '" + name + "', " + version + ")";
  }

  private void awaitEqual(SourceRun run) throws SQLException {
    List<String> there = database.rows("SELECT \"id\", \"name\", \"version\" FROM \"item\"");
    run.awaitThat(
        changes -> new Replica().apply(changes).texts().equals(there), "what is there: " + there);
  }

  /** The keys that the changes of a run come to, for its comparisons; these may come first. */
  private KnownKeys following(CompletableFuture<SourceRun> run) {
    return new ReplicaKeys(() -> new Replica().apply(run.join().changes()).keys(), true);
  }

  private SourceRun feeding(Source source, Map<String, String> state) {
    CompletableFuture<SourceRun> run = new CompletableFuture<>();
    run.complete(SourceRun.feeding(source, state, Integer.MAX_VALUE, following(run)));
    return run.join();
  }

  @Test
  void showsWhatWasThereAndThenWhatHasChangedAndNothingTwice() throws SQLException {
    fill(0, 250);
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      assertTrue(run.changes().stream().allMatch(read -> read.operation() == Operation.READ));
      assertEquals(250, run.changes().size());
      database.transaction(
          insert(1000, "new", 300),
          "UPDATE \"item\" SET \"name\" = 'changed', \"version\" = 301 WHERE \"id\" = 1");
      awaitEqual(run);
      database.execute(insert(1001, "last", 302));
      List<Change> changes = run.awaitChanges(253);
      assertEquals(253, changes.size());
      assertEquals(
          List.of(new Key(1000L), new Key(1L), new Key(1001L)),
          changes.subList(250, 253).stream().map(Change::key).toList());
      for (Change change : changes.subList(250, 253)) {
        assertEquals(Operation.REFRESH, change.operation());
      }
      for (int i = 1; i < changes.size(); i++) {
        assertTrue(changes.get(i - 1).position().compareTo(changes.get(i).position()) < 0);
      }
      run.wasWell();
    }
  }

  @Test
  void rowsWithOneCursorValueAreReadAcrossPages() throws SQLException {
    fill(0, 100);
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      database.execute("UPDATE \"item\" SET \"name\" = 'all', \"version\" = 500");
      awaitEqual(run);
      database.execute("UPDATE \"item\" SET \"name\" = 'again' WHERE \"id\" < 50");
      awaitEqual(run); // Their cursor has not moved, and is within the overlap.
      run.wasWell();
    }
  }

  /** A transaction commits after another one that has a higher value. */
  private void commitLate(SourceRun run) throws SQLException {
    try (Connection late = database.connect();
        Statement byLate = late.createStatement()) {
      if (database.url().startsWith("jdbc:sqlite")) {
        // It lets one transaction write at a time: to readers it is the same.
        database.execute(insert(2, "early", 108));
        run.awaitKey(2);
        database.execute(insert(1, "late", 105));
      } else {
        late.setAutoCommit(false);
        byLate.execute(insert(1, "late", 105));
        database.execute(insert(2, "early", 108));
        run.awaitKey(2);
        late.commit();
      }
    }
    database.execute(insert(3, "after", 109));
    run.awaitKey(3);
  }

  @Test
  void whatCommitsLateIsSeenWithinTheOverlap() throws SQLException {
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      commitLate(run);
      awaitEqual(run);
    }
  }

  @Test
  void whatCommitsLateIsMissedWithoutAnOverlap() throws SQLException {
    try (SourceRun run = start(Map.of("overlap-count", 0L))) {
      run.awaitDone();
      commitLate(run);
      assertTrue(run.changes().stream().noneMatch(any -> Objects.equals(new Key(1L), any.key())));
      run.command(SnapshotCommand.Action.REFRESH, "item");
      assertEquals(Operation.REFRESH, run.awaitKey(1).operation());
    }
  }

  @Test
  void aRowThatIsDeletedAndInsertedBetweenPollsIsSeenAsItIs() throws SQLException {
    fill(0, 10);
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      database.transaction(
          "DELETE FROM \"item\" WHERE \"id\" = 5", insert(5, "another", 20), insert(6000, "x", 21));
      awaitEqual(run);
    }
  }

  @Test
  void nothingIsLostWhereItIsStoppedAfterEachBatch() throws Exception {
    fill(0, 120);
    Map<String, String> state = Map.of();
    List<Change> all = new ArrayList<>();
    int version = 1000;
    for (int round = 0; round < 30; round++) {
      try (SourceRun run = SourceRun.untilBatches(source(Map.of(), ITEM), state, 1)) {
        run.awaitBatches(1);
        state = run.state();
        all.addAll(run.changes());
      }
      database.execute(
          "UPDATE \"item\" SET \"name\" = 'round "
              + round
              + "', \"version\" = "
              + version++
              + " WHERE \"id\" = "
              + round * 4,
          insert(5000 + round, "made", version++));
    }
    try (SourceRun run = SourceRun.start(source(Map.of(), ITEM), state)) {
      List<String> there = database.rows("SELECT \"id\", \"name\", \"version\" FROM \"item\"");
      run.awaitThat(
          changes -> {
            List<Change> together = new ArrayList<>(all);
            together.addAll(changes);
            return new Replica().apply(together).texts().equals(there);
          },
          "all rows");
    }
  }

  @Test
  void rowsThatChangeWhileAPollGoesOnAreSeenAsTheyAreInTheEnd() throws SQLException {
    AtomicBoolean live = new AtomicBoolean();
    Source source =
        new Meanwhile(
            source(Map.of(), ITEM),
            (number, batch) -> {
              if (live.getAndSet(false)) {
                // One that was read, one that will be, and one that goes back.
                database.execute(
                    "UPDATE \"item\" SET \"name\" = 'moved', \"version\" = 900 WHERE \"id\" IN (100,"
                        + " 130)",
                    "UPDATE \"item\" SET \"name\" = 'back', \"version\" = 99 WHERE \"id\" = 140");
              }
            });
    fill(0, 100);
    try (SourceRun run = SourceRun.start(source, Map.of())) {
      run.awaitDone();
      live.set(true);
      fill(100, 150);
      run.awaitThat(
          changes ->
              changes.stream()
                  .anyMatch(change ->
                      Objects.equals(
                          900L, Objects.requireNonNull(change.after()).value("version"))),
          "a row that has moved");
      // Its cursor went back behind the overlap: no poll can see that.
      database.execute("UPDATE \"item\" SET \"version\" = 901 WHERE \"id\" = 140");
      awaitEqual(run);
    }
  }

  @Test
  void rowsWithoutACursorAreSeenWithTheNextComparison() throws SQLException {
    fill(0, 20);
    try (SourceRun run = feeding(source(Map.of("deletes-every", OFTEN), ITEM), Map.of())) {
      run.awaitStreaming();
      database.execute("INSERT INTO \"item\" VALUES (100, 'none', NULL), (101, 'none', NULL)");
      awaitEqual(run);
      database.execute("UPDATE \"item\" SET \"name\" = 'still none' WHERE \"id\" = 100");
      awaitEqual(run);
    }
  }

  @Test
  void aDeleteIsFoundByComparison() throws SQLException {
    fill(0, 300);
    try (SourceRun run = feeding(source(Map.of("deletes-every", OFTEN), ITEM), Map.of())) {
      run.awaitStreaming();
      run.awaitChanges(300);
      database.execute("DELETE FROM \"item\" WHERE \"id\" IN (3, 250)");
      awaitEqual(run);
      List<Change> changes = run.changes();
      assertEquals(302, changes.size());
      assertEquals(Operation.DELETE, changes.getLast().operation());
      // The same row again, with the same values: it is told, for it was told to be gone.
      database.execute(insert(250, "name 250", 299));
      awaitEqual(run);
    }
  }

  /** It came back after who keeps it was asked, and before the table was. */
  @Test
  void aRowThatCameBackIsNotDeletedByAComparison() throws SQLException {
    fill(0, 10);
    CompletableFuture<SourceRun> run = new CompletableFuture<>();
    AtomicBoolean comeBack = new AtomicBoolean();
    KnownKeys keys =
        new ReplicaKeys(
            () -> {
              List<Key> held = new Replica().apply(run.join().changes()).keys();
              if (comeBack.getAndSet(false)) {
                try {
                  database.execute(insert(4, "name 4", 4));
                } catch (SQLException failed) {
                  throw new AssertionError(failed);
                }
              }
              return held;
            },
            true);
    run.complete(
        SourceRun.feeding(
            source(Map.of("deletes-every", OFTEN), ITEM), Map.of(), Integer.MAX_VALUE, keys));
    try (SourceRun started = run.join()) {
      started.awaitStreaming();
      started.awaitChanges(10);
      started.awaitDone();
      database.transaction("DELETE FROM \"item\" WHERE \"id\" = 7");
      comeBack.set(true);
      database.transaction("DELETE FROM \"item\" WHERE \"id\" = 4");
      started.await(change -> change.operation() == Operation.DELETE);
      awaitEqual(started);
    }
  }

  @Test
  void compoundKeysAndTextsArePagedInTheirOrder() throws SQLException {
    database.execute(
        "CREATE TABLE \"line\" (\"code\" varchar(40) NOT NULL, \"part\" bigint NOT NULL, \"at\""
            + " bigint NOT NULL, PRIMARY KEY (\"code\", \"part\"))");
    Binding binding =
        Bindings.of(
                "line",
                List.of("code", "part"),
                field("code", ValueType.STRING),
                field("part", ValueType.LONG),
                field("at", ValueType.LONG))
            .withCursor("at");
    List<String> inserts = new ArrayList<>();
    for (String code : List.of("a", "B", "Zoë", "z''z", "日本", "10", "9")) {
      for (int part = 0; part < 40; part++) {
        inserts.add("INSERT INTO \"line\" VALUES ('" + code + "', " + part + ", 1)");
      }
    }
    database.transaction(inserts.toArray(String[]::new));
    try (SourceRun run = feeding(source(Map.of("deletes-every", OFTEN), binding), Map.of())) {
      run.awaitStreaming();
      assertEquals(280, new Replica().apply(run.awaitChanges(280)).keys().size());
      database.execute("UPDATE \"line\" SET \"at\" = 2", "DELETE FROM \"line\" WHERE \"part\" = 9");
      List<String> there = database.rows("SELECT \"code\", \"part\", \"at\" FROM \"line\"");
      run.awaitThat(changes -> new Replica().apply(changes).texts().equals(there), "what is there");
    }
  }

  @Test
  void aTableThatWasSetBackIsReadAgain() throws SQLException {
    fill(0, 150);
    try (SourceRun run = feeding(source(Map.of(), ITEM), Map.of())) {
      run.awaitStreaming();
      run.awaitDone();
      database.transaction(
          "DELETE FROM \"item\" WHERE \"id\" >= 100",
          "UPDATE \"item\" SET \"name\" = 'as before' WHERE \"id\" < 5");
      awaitEqual(run);
      assertEquals(
          List.of(new Key(0L), new Key(1L), new Key(2L), new Key(3L), new Key(4L)),
          run.changes().stream()
              .filter(change -> change.operation() == Operation.REFRESH)
              .map(Change::key)
              .toList());
      run.awaitProgress(
          "what it was for",
          now ->
              now.tables().getFirst().cause().equals("cursor-behind")
                  && now.tables().getFirst().phase() == TablePhase.DONE);
      database.execute(insert(2000, "goes on", 110));
      awaitEqual(run);
    }
  }

  @Test
  void timesAreCursorsWithinTheirOverlap() throws SQLException {
    database.execute(
        "CREATE TABLE \"note\" (\"id\" bigint NOT NULL PRIMARY KEY, \"changed\" "
            + database.time()
            + " NOT NULL)");
    Binding binding =
        Bindings.of(
                "note",
                List.of("id"),
                field("id", ValueType.LONG),
                field("changed", ValueType.TIMESTAMP))
            .withCursor("changed");
    database.execute(
        "INSERT INTO \"note\" VALUES (1, '2026-03-01 10:00:00.000001')",
        // Nobody's clock was there yet.
        "INSERT INTO \"note\" VALUES (2, '2199-01-01 00:00:00')");
    try (SourceRun run = feeding(source(Map.of("deletes-every", OFTEN), binding), Map.of())) {
      run.awaitStreaming();
      run.awaitChanges(2);
      run.awaitProgress(
          "a warning", now -> now.warning() != null && now.warning().code().equals("cursor-ahead"));
      database.execute("INSERT INTO \"note\" VALUES (3, '2026-03-01 10:00:30.123456')");
      assertEquals(Instant.parse("2026-03-01T10:00:30.123456Z"), run.awaitKey(3).sourceTime());
      database.execute("INSERT INTO \"note\" VALUES (4, '2026-03-01 10:00:21')");
      assertEquals(
          Instant.parse("2026-03-01T10:00:21Z"),
          Objects.requireNonNull(run.awaitKey(4).after()).value("changed"));
      database.execute("DELETE FROM \"note\" WHERE \"id\" = 2");
      run.await(change -> change.operation() == Operation.DELETE);
      run.awaitProgress("no warning", now -> now.warning() == null);
    }
  }

  @Test
  void aTableWithoutACursorIsReadAgainWhereThatIsAskedFor() throws SQLException {
    fill(0, 250);
    try (SourceRun run = feeding(source(Map.of(), PLAIN), Map.of())) {
      run.awaitDone();
      database.execute(
          insert(1000, "new", 1),
          "DELETE FROM \"item\" WHERE \"id\" IN (1, 249)",
          insert(1, "b", 1));
      run.command(SnapshotCommand.Action.REFRESH, null);
      awaitEqual(run);
      List<Change> changes = run.changes();
      assertEquals(
          List.of(Operation.REFRESH, Operation.REFRESH, Operation.DELETE),
          changes.subList(250, 253).stream().map(Change::operation).toList());
      run.awaitDone();
      run.command(SnapshotCommand.Action.REPEAT, "item");
      run.awaitThat(
          now -> now.stream().filter(each -> each.operation() == Operation.READ).count() == 500,
          "all rows once more");
    }
  }

  @Test
  void aRefreshThatFailsBeginsAgainFromItsFirstRow() throws Exception {
    fill(0, 350);
    Map<String, String> state;
    List<Change> before;
    try (SourceRun run = feeding(source(Map.of(), PLAIN), Map.of())) {
      run.awaitDone();
      state = run.state();
      before = run.changes();
    }
    database.execute(
        "UPDATE \"item\" SET \"name\" = 'changed'", "DELETE FROM \"item\" WHERE \"id\" = 0");
    AtomicBoolean once = new AtomicBoolean(true);
    Source failing =
        new Meanwhile(
            source(Map.of(), PLAIN),
            (number, batch) -> {
              if (batch.changes().size() == 100 && once.getAndSet(false)) {
                if (database.breaking().isEmpty()) {
                  throw new InterruptedException();
                }
                database.breakSessions();
              }
            });
    failing.command(new SnapshotCommand(SnapshotCommand.Action.REFRESH, "item"));
    try (SourceRun run = SourceRun.start(failing, state)) {
      run.awaitEnd();
      assertEquals(100, run.changes().size());
      if (run.failure() instanceof UnisonoException failed) {
        assertTrue(failed.problem().type().retryable(), failed.problem().toString());
      }
      state = run.state();
    }
    KnownKeys held = new ReplicaKeys(() -> new Replica().apply(before).keys(), true);
    try (SourceRun run =
        SourceRun.feeding(source(Map.of(), PLAIN), state, Integer.MAX_VALUE, held)) {
      run.awaitDone();
      assertEquals(new Key(1L), run.changes().getFirst().key());
      assertEquals(350, run.changes().size());
      assertEquals(Operation.DELETE, run.changes().getLast().operation());
      assertEquals(new Key(0L), run.changes().getLast().key());
    }
  }

  @Test
  void aPausedSnapshotKeepsNoPollFromBeingMade() throws SQLException {
    fill(0, 250);
    try (SourceRun run = feeding(source(Map.of(), ITEM), Map.of())) {
      run.awaitDone();
      run.command(SnapshotCommand.Action.PAUSE, "item");
      run.command(SnapshotCommand.Action.REPEAT, "item");
      run.awaitProgress("the pause", now -> now.tables().getFirst().phase() == TablePhase.PAUSED);
      database.execute(insert(1000, "new", 1000));
      run.awaitKey(1000);
      assertEquals(251, run.changes().size());
      run.command(SnapshotCommand.Action.RESUME, "item");
      run.awaitChanges(502);
      run.awaitDone();
    }
  }

  @Test
  void aConditionChoosesRowsAndOneThatMeetsItNoMoreIsGone() throws SQLException {
    fill(0, 50);
    Binding some =
        new Binding(
                "item",
                PLAIN.schema(),
                "item",
                PLAIN.columns(),
                database.url().contains("mariadb") ? "`id` < 40" : "\"id\" < 40",
                PLAIN.configPath())
            .withCursor("version");
    try (SourceRun run = feeding(source(Map.of("deletes-every", OFTEN), some), Map.of())) {
      run.awaitStreaming();
      run.awaitChanges(40);
      database.execute("UPDATE \"item\" SET \"id\" = 60, \"version\" = 61 WHERE \"id\" = 5");
      assertEquals(new Key(5L), run.await(change -> change.operation() == Operation.DELETE).key());
      assertEquals(41, run.changes().size());
    }
  }

  @Test
  void aFieldThatIsNewInTheConfigIsReadForAllRows() throws SQLException {
    fill(0, 20);
    Binding narrow =
        Bindings.of(
                "item", List.of("id"), field("id", ValueType.LONG), field("name", ValueType.STRING))
            .withCursor("version");
    Map<String, String> state;
    try (SourceRun run = feeding(source(Map.of(), narrow), Map.of())) {
      run.awaitDone();
      state = run.state();
    }
    try (SourceRun run = feeding(source(Map.of(), ITEM), state)) {
      awaitEqual(run);
      run.awaitProgress(
          "what it was for",
          now ->
              now.tables().getFirst().cause().equals("reading-changed")
                  && now.tables().getFirst().phase() == TablePhase.DONE);
      state = run.state();
    }
    try (SourceRun run = feeding(source(Map.of(), ITEM), state)) {
      run.awaitDone();
      database.execute(insert(100, "only this", 100));
      run.awaitKey(100);
      assertEquals(
          List.of(new Key(100L)),
          run.changes().stream()
              .filter(change -> !Objects.requireNonNull(change.key()).part(0).equals(19L))
              .map(Change::key)
              .filter(key -> (long) Objects.requireNonNull(key).part(0) > 19)
              .toList());
    }
  }

  @Test
  void checksWhatIsRead() throws SQLException {
    assertEquals(List.of(), database.system(Map.of(), ITEM).check());
    database.execute(
        "CREATE TABLE \"loose\" (\"id\" bigint, \"name\" varchar(20), \"version\" bigint)");
    Binding loose =
        Bindings.of(
            "loose", List.of("id"), field("id", ValueType.LONG), field("name", ValueType.BYTES));
    assertEquals(
        List.of("type-mismatch", "cursor-type"),
        codes(database.system(Map.of(), loose.withCursor("name")).check()).reversed());
    assertEquals(
        List.of("no-such-column", "type-mismatch"),
        codes(database.system(Map.of(), loose.withCursor("none")).check()));
    assertEquals(
        List.of("no-such-table"),
        codes(
            database
                .system(Map.of(), Bindings.of("none", List.of("id"), field("id", ValueType.LONG)))
                .check()));
    List<Problem> notices =
        database.system(Map.of(), loose.withCursor("version")).notices(Map.of());
    assertEquals(List.of("key-not-unique", "cursor-nullable"), codes(notices).subList(0, 2));
    assertEquals(
        List.of("cursor-nullable"), codes(database.system(Map.of(), ITEM).notices(Map.of())));
  }

  @Test
  void anIndexThatIsMissingIsToldWithTheStatementThatMakesIt() throws SQLException {
    database.execute(
        "CREATE TABLE \"bare\" (\"id\" bigint NOT NULL PRIMARY KEY, \"version\" bigint NOT NULL)");
    Binding bare =
        Bindings.of("bare", List.of("id"), field("id", ValueType.LONG)).withCursor("version");
    Problem notice = database.system(Map.of(), bare).notices(Map.of()).getFirst();
    assertEquals("cursor-without-index", notice.code());
    database.execute(notice.remedy().replace("`", "\""));
    assertEquals(List.of(), database.system(Map.of(), bare).notices(Map.of()));
  }

  private static List<String> codes(List<Problem> problems) {
    return problems.stream().map(Problem::code).toList();
  }

  @Test
  void rowsAreListedInKeyOrder() throws SQLException {
    fill(0, 25);
    List<Key> keys = new ArrayList<>();
    try (RowReader reader = database.system(Map.of(), ITEM).rows(ITEM)) {
      for (List<Row> rows = reader.next(10); !rows.isEmpty(); rows = reader.next(10)) {
        rows.forEach(row -> keys.add(row.schema().key(row)));
      }
    }
    assertEquals(25, keys.size());
    assertEquals(new Key(24L), keys.getLast());
  }

  @Test
  void aValueThatIsNoneOfItsFieldStopsNothing() throws SQLException {
    database.execute(
        "CREATE TABLE \"amount\" (\"id\" bigint NOT NULL PRIMARY KEY, \"pieces\" numeric(10,2))",
        "INSERT INTO \"amount\" VALUES (1, 1.5)",
        "INSERT INTO \"amount\" VALUES (2, 7)");
    Binding binding =
        Bindings.of(
            "amount", List.of("id"), field("id", ValueType.LONG), field("pieces", ValueType.LONG));
    try (SourceRun run = SourceRun.start(source(Map.of(), binding), Map.of())) {
      List<Change> changes = run.awaitChanges(2);
      assertInstanceOf(Unfit.class, Objects.requireNonNull(changes.get(0).after()).value("pieces"));
      assertEquals(7L, Objects.requireNonNull(changes.get(1).after()).value("pieces"));
    }
  }

  @Test
  void valuesOfTheStandardsTypesAreReadExactly() throws SQLException {
    boolean sqlite = database.url().startsWith("jdbc:sqlite");
    database.execute(
        "CREATE TABLE \"thing\" (\"id\" bigint NOT NULL PRIMARY KEY, \"flag\" boolean, \"amount\" "
            + (sqlite ? "text" : "decimal(20,5)")
            + ", \"ratio\" double precision, \"day\" date, \"hour\" time, \"moment\" "
            + database.time()
            + ", \"text\" varchar(40))",
        "INSERT INTO \"thing\" VALUES (1, TRUE, '123456789012345.67890', 0.1, '2026-02-28', '23:59:58',"
            + " '2026-02-28 01:02:03.000004', 'Zoë 日本')",
        "INSERT INTO \"thing\" (\"id\") VALUES (9223372036854775807)");
    Binding binding =
        Bindings.of(
            "thing",
            List.of("id"),
            field("id", ValueType.LONG),
            field("flag", ValueType.BOOLEAN),
            field("amount", ValueType.DECIMAL),
            field("ratio", ValueType.DOUBLE),
            field("day", ValueType.DATE),
            field("hour", ValueType.TIME),
            field("moment", ValueType.TIMESTAMP),
            field("text", ValueType.STRING));
    assertEquals(List.of(), database.system(Map.of(), binding).check());
    try (SourceRun run = SourceRun.start(source(Map.of(), binding), Map.of())) {
      assertEquals(
          List.of(
              "1|true|123456789012345.67890|0.1|2026-02-28|23:59:58|2026-02-28T01:02:03.000004Z|Zoë"
                  + " 日本",
              "9223372036854775807|~|~|~|~|~|~|~"),
          new Replica().apply(run.awaitChanges(2)).texts());
    }
  }

  @Test
  void aViewIsReadAsATableIs() throws SQLException {
    fill(0, 20);
    database.execute(
        "CREATE VIEW \"shown\" AS SELECT \"id\", \"name\", \"version\" FROM \"item\" WHERE \"id\" < 30");
    Binding shown =
        Bindings.of(
                "shown",
                List.of("id"),
                field("id", ValueType.LONG),
                field("version", ValueType.LONG))
            .withCursor("version");
    if (database.url().startsWith("jdbc:sqlite")) {
      assertEquals(List.of("no-such-table"), codes(database.system(Map.of(), shown).check()));
      return;
    }
    assertEquals(
        List.of("key-not-unique", "cursor-nullable"),
        codes(database.system(Map.of(), shown).notices(Map.of())));
    try (SourceRun run = feeding(source(Map.of("deletes-every", OFTEN), shown), Map.of())) {
      run.awaitStreaming();
      database.execute(
          insert(25, "new", 25),
          insert(35, "not shown", 35),
          "DELETE FROM \"item\" WHERE \"id\" = 7");
      run.awaitKey(25);
      assertEquals(new Key(7L), run.await(change -> change.operation() == Operation.DELETE).key());
      assertEquals(22, run.changes().size());
    }
  }

  @Test
  void endsAtOnceWhereItIsClosed() throws Exception {
    Source source = source(Map.of("poll", Duration.ofHours(1)), ITEM);
    try (SourceRun run = SourceRun.start(source, Map.of())) {
      run.awaitDone();
      source.close();
      run.awaitEnd();
      run.wasWell();
    }
  }

  /** Each batch says all that is needed to go on from it; an idle table is no work. */
  @Test
  void anIdleTableHandsNothingOver() throws SQLException {
    fill(0, 20);
    try (SourceRun run = feeding(source(Map.of("deletes-every", OFTEN), ITEM), Map.of())) {
      run.awaitDone();
      int batches = run.batches().size();
      database.execute(insert(100, "x", 100));
      run.awaitKey(100);
      List<Batch> more = run.batches().subList(batches, run.batches().size());
      assertEquals(1, more.stream().filter(batch -> !batch.changes().isEmpty()).count());
      assertTrue(more.size() <= 2, more::toString);
    }
  }
}
