package dev.unisono.jdbc;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Batch;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Change;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.MemberWriter;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Owner;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.Source;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import dev.unisono.testkit.contract.ReplicaKeys;
import dev.unisono.testkit.contract.SourceRun;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds of a source by triggers, whatever the database. */
abstract class TriggerSourceContract {
  static final Binding ITEM =
      Bindings.of(
          "item",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("code", ValueType.STRING));

  private static final Map<String, Object> SMALL = Map.of("snapshot-chunk", 100L, "read-batch", 7L);

  private final TestDatabase.Kind kind;
  protected TestDatabase database;

  TriggerSourceContract(TestDatabase.Kind kind) {
    this.kind = kind;
  }

  @BeforeEach
  void makeTable(@TempDir Path folder) throws SQLException, IOException {
    database = new TestDatabase(kind, folder);
    makeItems();
  }

  private void makeItems() throws SQLException {
    database.execute(
        "CREATE TABLE \"item\" (\"id\" bigint NOT NULL PRIMARY KEY, \"name\" varchar(100), \"code\""
            + " varchar(100) UNIQUE)");
  }

  @AfterEach
  void closeDatabase() {
    database.close();
  }

  protected Source source(Binding... bindings) {
    return database
        .system(
            SMALL,
            List.of(bindings.length == 0 ? new Binding[] {ITEM} : bindings),
            List.of(),
            "one")
        .source();
  }

  protected SourceRun start(Map<String, String> state) {
    return SourceRun.start(source(), state);
  }

  private List<String> rows() throws SQLException {
    return database.rows("SELECT \"id\", \"name\", \"code\" FROM \"item\"").stream()
        .sorted()
        .toList();
  }

  private void awaitEqual(SourceRun run) throws SQLException {
    List<String> there = rows();
    run.awaitThat(changes -> new Replica().apply(changes).texts().equals(there), "what is there");
  }

  private void fill(int from, int to) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (int i = from; i < to; i++) {
        statement.execute(
            "INSERT INTO \"item\" VALUES (" + i + ", 'name " + i + "', 'code " + i + "')");
      }
      connection.commit();
    }
  }

  @Test
  void showsWhatWasThereAndThenEachChangeOnce() throws SQLException {
    fill(0, 250);
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      assertEquals(250, run.changes().size());
      database.execute(
          "INSERT INTO \"item\" VALUES (1000, 'new', NULL)",
          "UPDATE \"item\" SET \"name\" = 'changed' WHERE \"id\" IN (1, 2)",
          "UPDATE \"item\" SET \"id\" = 2000 WHERE \"id\" = 3",
          "DELETE FROM \"item\" WHERE \"id\" = 4");
      List<Change> changes = run.awaitChanges(255);
      assertEquals(255, changes.size());
      Change created = changes.get(250);
      assertEquals(Operation.CREATE, created.operation());
      assertEquals("1000|new|~", Replica.text(Objects.requireNonNull(created.after())));
      assertEquals(Operation.UPDATE, changes.get(251).operation());
      assertNull(changes.get(251).previousKey());
      Change moved = changes.get(253);
      assertEquals(Operation.UPDATE, moved.operation());
      assertEquals(new Key(2000L), moved.key());
      assertEquals(new Key(3L), moved.previousKey());
      assertEquals(Operation.DELETE, changes.get(254).operation());
      assertEquals(new Key(4L), changes.get(254).key());
      for (int i = 1; i < changes.size(); i++) {
        assertTrue(changes.get(i - 1).position().compareTo(changes.get(i).position()) < 0);
      }
      awaitEqual(run);
      run.wasWell();
    }
  }

  @Test
  void aLiveWorkloadBesideTheSnapshotComesToTheSame() throws Exception {
    fill(0, 2_000);
    List<Thread> writers = new ArrayList<>();
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    SourceRun run = start(Map.of());
    try {
      for (int writer = 0; writer < 2; writer++) {
        int seed = writer;
        writers.add(
            Thread.ofPlatform()
                .start(() -> {
                  try {
                    work(seed);
                  } catch (SQLException failed) {
                    failures.add(failed);
                  }
                }));
      }
      run.awaitChanges(300);
      run.close();
      run.wasWell();
      List<Change> before = run.changes();
      run = start(run.state());
      for (Thread writer : writers) {
        writer.join();
      }
      assertEquals(List.of(), failures);
      run.awaitDone();
      List<String> there = rows();
      run.awaitThat(
          changes -> new Replica().apply(before).apply(changes).texts().equals(there),
          "what is there");
      run.wasWell();
    } finally {
      run.close();
    }
  }

  /** Transactions of a few statements on rows of its own, some of them undone. */
  private void work(int seed) throws SQLException {
    Random random = new Random(seed);
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      if (kind == TestDatabase.Kind.SQLITE) {
        statement.execute("PRAGMA busy_timeout = 30000");
      }
      connection.setAutoCommit(false);
      for (int i = 0; i < 300; i++) {
        if (kind == TestDatabase.Kind.SQLITE) {
          // It takes the lock to write at once.
          statement.execute("DELETE FROM \"item\" WHERE \"id\" = -1");
        }
        for (int n = random.nextInt(4); n >= 0; n--) {
          long id = random.nextInt(1_500) * 2L + seed;
          statement.execute(
              switch (random.nextInt(4)) {
                case 0 -> "DELETE FROM \"item\" WHERE \"id\" = " + id;
                case 1 ->
                    "UPDATE \"item\" SET \"id\" = \"id\" + 10000000 WHERE \"id\" = "
                        + id
                        + " AND NOT EXISTS (SELECT 1 FROM \"item\" AS i WHERE i.\"id\" = "
                        + (id + 10_000_000)
                        + ")";
                case 2 ->
                    "INSERT INTO \"item\" SELECT "
                        + id
                        + ", 'again', NULL WHERE NOT EXISTS (SELECT 1 FROM \"item\" AS i WHERE"
                        + " i.\"id\" = "
                        + id
                        + ")";
                default -> "UPDATE \"item\" SET \"name\" = 'n" + i + "' WHERE \"id\" = " + id;
              });
        }
        if (random.nextInt(5) == 0) {
          connection.rollback();
        } else {
          connection.commit();
        }
      }
    }
  }

  @Test
  void goesOnAfterACrashWithoutLosingAChangeOrShowingOneTwice() throws Exception {
    fill(0, 350);
    SourceRun first = SourceRun.untilBatches(source(), Map.of(), 3);
    first.awaitEnd();
    List<Change> changes = new ArrayList<>(first.changes());
    Map<String, String> state = first.state();
    assertTrue(changes.size() < 350, "amid the snapshot");
    database.execute(
        "UPDATE \"item\" SET \"name\" = 'while away' WHERE \"id\" < 50",
        "DELETE FROM \"item\" WHERE \"id\" = 349");
    for (int i = 0; i < 5; i++) {
      // Nothing of it is ever told to be durable, and parts of the transaction are handed over.
      SourceRun part = SourceRun.untilBatches(source(), state, i);
      part.awaitEnd();
      changes.addAll(part.changes());
      state = part.state();
    }
    try (SourceRun run = start(state)) {
      run.awaitDone();
      database.execute("INSERT INTO \"item\" VALUES (7000, 'last', NULL)");
      run.awaitKey(7000L);
      changes.addAll(run.changes());
      assertEquals(rows(), new Replica().apply(changes).texts());
      long updates =
          changes.stream().filter(change -> change.operation() == Operation.UPDATE).count();
      assertEquals(50, updates);
      run.wasWell();
    }
  }

  @Test
  void aTransactionThatIsHandedOverInPartsSaysSo() throws SQLException {
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      fill(0, 40);
      List<Change> changes = run.awaitChanges(40);
      assertEquals(1, changes.stream().map(Change::transaction).distinct().count());
      List<Batch> parts =
          run.batches().stream().filter(batch -> !batch.changes().isEmpty()).toList();
      assertTrue(parts.size() > 4, "read by seven");
      for (int i = 0; i < parts.size(); i++) {
        int at = i;
        long open = parts.get(i).unfinished();
        assertTrue(
            open == parts.get(at).changes().getFirst().transaction()
                || (open == 0 && at >= parts.size() - 1));
      }
    }
  }

  @Test
  void whatIsRolledBackIsNotShown() throws SQLException {
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("INSERT INTO \"item\" VALUES (1, 'undone', NULL)");
        connection.rollback();
        statement.execute("INSERT INTO \"item\" VALUES (2, 'kept', NULL)");
        connection.commit();
      }
      assertEquals(new Key(2L), run.awaitChanges(1).getFirst().key());
      assertEquals(1, run.changes().size());
    }
  }

  @Test
  void theLogIsPrunedOnceAllIsDurable() throws SQLException {
    try (SourceRun run = SourceRun.withoutAcknowledging(source(), Map.of())) {
      run.awaitDone();
      fill(0, 30);
      run.awaitChanges(30);
    }
    assertEquals(List.of("30"), database.rows("SELECT count(*) FROM unisono_log"));
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      run.awaitThat(
          any -> database.counts("SELECT count(*) FROM unisono_log") == 0, "an empty log");
    }
  }

  /** A table whose rows the database numbers, the column {@code id} of it. */
  abstract String numbered();

  @Test
  void aMembersWritesComeBackByTheirMarkersAndItsOwnKeysToo() throws SQLException {
    database.execute(
        "CREATE TABLE \"numbered\" (\"id\" "
            + numbered()
            + ", \"name\" varchar(100), \"code\" varchar(100))");
    Binding binding =
        Bindings.of(
                "numbered",
                List.of("id"),
                field("id", ValueType.LONG),
                field("name", ValueType.STRING),
                field("code", ValueType.STRING))
            .withOwnKeys();
    ConnectedSystem system = database.system(SMALL, List.of(binding), List.of(binding), "one");
    assertEquals(
        "triggers-missing",
        assertThrows(UnisonoException.class, system::memberWriter).problem().code());
    try (SourceRun run = SourceRun.start(system.source(), Map.of())) {
      run.awaitDone();
      assertEquals(List.of(), system.check());
      try (MemberWriter writer = system.memberWriter()) {
        writer.mark(5);
        run.awaitBatch("a marker", batch -> batch.passed() == 5);
        List<int[]> byName = List.of(new int[] {1});
        assertEquals(
            List.of(),
            writer.write(
                List.of(
                    new MemberWrite(6, binding, null, numbered(binding, "Ada", "x"), null, byName),
                    new MemberWrite(7, binding, null, numbered(binding, "Bob", "y"), null, byName),
                    // One is there by then.
                    new MemberWrite(
                        8, binding, null, numbered(binding, "Ada", "z"), null, byName))));
        run.awaitBatch("a marker", batch -> batch.passed() == 8);
        List<Change> made = run.changes();
        assertEquals(List.of(6L, 7L), made.stream().map(Change::marker).toList());
        Row bob = Objects.requireNonNull(made.get(1).after());
        assertEquals("Bob", bob.value(1));
        Key key = Objects.requireNonNull(made.get(1).key());
        writer.write(
            List.of(
                new MemberWrite(
                    9, binding, key, numbered(binding, "Rob", Unchanged.UNCHANGED), bob)));
        run.awaitBatch("a marker", batch -> batch.passed() == 9);
        assertEquals(9, run.changes().getLast().marker());
        try (RowReader rows = system.rows(binding)) {
          assertEquals(
              List.of("Ada", "Rob"), rows.next(10).stream().map(row -> row.value(1)).toList());
          assertEquals(List.of(), rows.next(10));
        }
      }
    }
  }

  private static Row numbered(Binding binding, String name, Object code) {
    return new Row(binding.schema(), new Object[] {Unchanged.UNCHANGED, name, code});
  }

  @Test
  void aWriteOfOurOwnIsToldByItsMarker() throws SQLException {
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      database.execute("INSERT INTO \"item\" VALUES (1, 'theirs', NULL)");
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("INSERT INTO unisono_log (kind, number) VALUES ('marker', 77)");
        statement.execute("INSERT INTO \"item\" VALUES (2, 'ours', NULL)");
        statement.execute("UPDATE \"item\" SET \"name\" = 'ours, too' WHERE \"id\" = 1");
        statement.execute("INSERT INTO unisono_log (kind, number) VALUES ('end', 77)");
        connection.commit();
      }
      database.execute("INSERT INTO \"item\" VALUES (3, 'theirs', NULL)");
      List<Change> changes = run.awaitChanges(4);
      assertEquals(List.of(0L, 77L, 77L, 0L), changes.stream().map(Change::marker).toList());
      assertEquals(3, changes.stream().map(Change::transaction).distinct().count());
      assertEquals(77, run.batches().stream().mapToLong(Batch::passed).max().orElse(0));
      // By itself, with nothing written.
      database.execute(
          "INSERT INTO unisono_log (kind, number) VALUES ('marker', 78)",
          "INSERT INTO unisono_log (kind, number) VALUES ('end', 78)");
      run.awaitBatch("a marker", batch -> batch.passed() == 78);
    }
  }

  @Test
  void anOwnersWriteComesBackByItsNumber() throws SQLException {
    fill(0, 3);
    ConnectedSystem system = database.system(SMALL, List.of(ITEM), List.of(), "one");
    try (SourceRun run = SourceRun.start(system.source(), Map.of());
        Owner owner = system.owner()) {
      run.awaitDone();
      Object kept = Unchanged.UNCHANGED;
      Row patch = new Row(ITEM.schema(), new @Nullable Object[] {kept, "patched", kept});
      Row expected = new Row(ITEM.schema(), new @Nullable Object[] {1L, "name 1", "code 1"});
      Optional<Owner.WriteReceipt> receipt = owner.update(ITEM, new Key(1L), patch, expected);
      assertTrue(receipt.isPresent());
      Change change = run.await(any -> any.operation() == Operation.UPDATE);
      assertEquals(receipt.get().transaction(), change.transaction());
      assertEquals(0, change.marker());
      assertEquals(Optional.empty(), owner.update(ITEM, new Key(1L), patch, expected));
      assertEquals(Optional.empty(), owner.update(ITEM, new Key(99L), patch, null));
      Row taken = new Row(ITEM.schema(), new @Nullable Object[] {kept, kept, "code 2"});
      UnisonoException refused =
          org.junit.jupiter.api.Assertions.assertThrows(
              UnisonoException.class, () -> owner.update(ITEM, new Key(1L), taken, null));
      assertEquals("refused-by-owner", refused.problem().code());
    }
  }

  @Test
  void aTableThatIsMadeAnewIsReadAgainAndCompared() throws Exception {
    fill(0, 20);
    Map<String, String> state;
    List<Change> changes;
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      state = run.state();
      changes = run.changes();
      database.execute("DROP TABLE \"item\"");
      makeItems();
      database.execute("INSERT INTO \"item\" VALUES (5, 'other', NULL)");
      assertEquals("table-changed", run.awaitFailure().problem().code());
    }
    Replica replica = new Replica().apply(changes);
    try (SourceRun run =
        SourceRun.feeding(
            source(), state, Integer.MAX_VALUE, new ReplicaKeys(replica::keys, true))) {
      run.awaitDone();
      assertEquals(rows(), replica.apply(run.changes()).texts());
      assertEquals("triggers-missing", run.progress().tables().getFirst().cause());
      database.execute("INSERT INTO \"item\" VALUES (6, 'live', NULL)");
      run.awaitKey(6L);
    }
  }

  @Test
  void aLogThatIsLostIsMadeGoodByComparison() throws Exception {
    fill(0, 20);
    Map<String, String> state;
    List<Change> changes;
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      state = run.state();
      changes = run.changes();
    }
    database.system(SMALL, List.of(ITEM), List.of(), "one").withdraw();
    database.execute(
        "DELETE FROM \"item\" WHERE \"id\" < 5", "UPDATE \"item\" SET \"name\" = 'unseen'");
    Replica replica = new Replica().apply(changes);
    try (SourceRun run =
        SourceRun.feeding(
            source(), state, Integer.MAX_VALUE, new ReplicaKeys(replica::keys, true))) {
      run.awaitDone();
      assertEquals(rows(), replica.apply(run.changes()).texts());
      assertEquals("log-replaced", run.progress().tables().getFirst().cause());
      state = run.state();
    }
    // Another reader came and went, and removed what this one never read.
    database.execute("INSERT INTO \"item\" VALUES (100, 'for the other', NULL)");
    try (SourceRun other =
        SourceRun.start(
            database.system(SMALL, List.of(ITEM), List.of(), "two").source(), Map.of())) {
      other.awaitDone();
      other.awaitThat(
          any -> database.counts("SELECT count(*) FROM unisono_log") == 0, "an empty log");
    }
    try (SourceRun run =
        SourceRun.feeding(
            source(), state, Integer.MAX_VALUE, new ReplicaKeys(replica::keys, true))) {
      run.awaitDone();
      assertEquals("log-purged", run.progress().tables().getFirst().cause());
      assertEquals(rows(), replica.apply(run.changes()).texts());
    }
  }

  @Test
  void whereTheLogIsLostTheSourceStopsIfToldTo() throws Exception {
    Map<String, String> state;
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      state = run.state();
    }
    ConnectedSystem system =
        database.system(Map.of("on-log-loss", "stop"), List.of(ITEM), List.of(), "one");
    system.withdraw();
    try (SourceRun run = SourceRun.start(system.source(), state)) {
      assertEquals("log-replaced", run.awaitFailure().problem().code());
    }
    Source told = system.source();
    told.command(new SnapshotCommand(SnapshotCommand.Action.REPEAT, null));
    try (SourceRun run = SourceRun.start(told, state)) {
      run.awaitDone();
    }
  }

  /** All rows are told once more, and told as read again; what is gone is deleted. */
  @Test
  void aRefreshTellsRowsAsReadAgain() throws Exception {
    database.execute("INSERT INTO \"item\" VALUES (1, 'a', NULL), (2, 'b', NULL)");
    Replica replica = new Replica();
    Source source = database.system(SMALL, List.of(ITEM), List.of(), "one").source();
    try (SourceRun run =
        SourceRun.feeding(
            source, Map.of(), Integer.MAX_VALUE, new ReplicaKeys(replica::keys, false))) {
      run.awaitDone();
      replica.apply(run.changes());
      replica.add(ITEM, 900);
      int before = run.changes().size();
      run.command(SnapshotCommand.Action.REFRESH, null);
      run.awaitProgress("the refresh", now -> now.tables().getFirst().number() == 2);
      run.awaitDone();
      List<Change> told = run.changes().subList(before, run.changes().size());
      assertEquals(
          List.of("REFRESH [1]", "REFRESH [2]", "DELETE [900]"),
          told.stream().map(change -> change.operation() + " " + change.key()).toList());
    }
  }

  @Test
  void theReaderOfBeforeStopsWhenAnotherTakesTheLog() throws Exception {
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      try (SourceRun other =
          SourceRun.start(
              database.system(SMALL, List.of(ITEM), List.of(), "two").source(), Map.of())) {
        other.awaitDone();
        database.execute("INSERT INTO \"item\" VALUES (1, 'seen by the other', NULL)");
        other.awaitKey(1L);
        assertEquals("log-taken", run.awaitFailure().problem().code());
      }
    }
  }

  @Test
  void aFieldThatIsAddedIsReadForRowsThatAreThere() throws Exception {
    Binding narrow =
        Bindings.of(
            "item", List.of("id"), field("id", ValueType.LONG), field("name", ValueType.STRING));
    fill(0, 5);
    Map<String, String> state;
    try (SourceRun run = SourceRun.start(source(narrow), Map.of())) {
      run.awaitDone();
      state = run.state();
    }
    assertEquals(
        List.of("triggers-missing"),
        database.reading(ITEM).notices(state).stream().map(problem -> problem.code()).toList());
    try (SourceRun run = start(state)) {
      run.awaitDone();
      assertEquals(rows(), new Replica().apply(run.changes()).texts());
      database.execute("UPDATE \"item\" SET \"code\" = 'other' WHERE \"id\" = 3");
      run.await(change ->
          change.operation() == Operation.UPDATE
              && "3|name 3|other".equals(Replica.text(Objects.requireNonNull(change.after()))));
    }
    assertEquals(List.of(), database.reading(ITEM).notices(state));
  }

  @Test
  void aColumnThatIsAddedChangesNothingUnlessTheSyncStops() throws Exception {
    fill(0, 5);
    Map<String, String> state;
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      database.execute("ALTER TABLE \"item\" ADD COLUMN \"more\" varchar(10)");
      assertEquals("table-changed", run.awaitFailure().problem().code());
      state = run.state();
    }
    Binding stopping = ITEM.with(new TablePolicy(SchemaChange.STOP, false, false, null));
    try (SourceRun run = SourceRun.start(source(stopping), state)) {
      assertEquals("schema-changed", run.awaitFailure().problem().code());
    }
    try (SourceRun run = start(state)) {
      run.awaitDone();
      database.execute("UPDATE \"item\" SET \"name\" = 'now', \"more\" = 'm' WHERE \"id\" = 1");
      assertEquals(1, run.awaitChanges(1).size(), "nothing was read again");
      assertEquals(Operation.UPDATE, run.changes().getFirst().operation());
    }
  }

  @Test
  void aRowWhoseUniqueValueIsReplacedIsDeleted() throws SQLException {
    fill(0, 10);
    try (SourceRun run = start(Map.of())) {
      run.awaitDone();
      replace();
      awaitEqual(run);
      run.wasWell();
    }
  }

  /** Takes unique values from other rows, in the words of the database. */
  abstract void replace() throws SQLException;

  @Test
  void triggersAreMadeAndTakenBackByCommandAndLeaveNothing() throws SQLException {
    List<String> before = database.catalog();
    ConnectedSystem system = database.reading(ITEM);
    assertEquals(
        List.of("triggers-missing"),
        system.notices(Map.of()).stream().map(problem -> problem.code()).toList());
    List<String> statements = system.publication();
    assertFalse(statements.isEmpty());
    assertEquals(before, database.catalog(), "only printed");
    assertEquals(statements.size(), system.publish().size());
    assertEquals(List.of(), system.publication());
    assertEquals(List.of(), system.notices(Map.of()));
    assertEquals(List.of(), system.check());
    fill(0, 1);
    assertEquals(List.of("1"), database.rows("SELECT count(*) FROM unisono_log"));
    assertFalse(system.withdraw().isEmpty());
    assertEquals(before, database.catalog());
    assertEquals(List.of(), system.withdrawal());
    fill(1, 2);
  }

  @Test
  void checkSaysWhatCannotBeRead() throws SQLException {
    database.execute("CREATE TABLE \"odd\" (\"id\" varchar(10) UNIQUE, \"price\" real)");
    Binding odd =
        Bindings.of(
            "odd",
            List.of("id"),
            field("id", ValueType.STRING),
            field("price", ValueType.DECIMAL),
            field("gone", ValueType.STRING));
    Binding none = Bindings.of("none", List.of("id"), field("id", ValueType.LONG));
    assertEquals(
        List.of("type-mismatch", "no-such-column", "key-nullable", "no-such-table"),
        database.reading(odd, none).check().stream().map(problem -> problem.code()).toList());
  }

  static void assertUnfit(@Nullable Object value) {
    assertInstanceOf(Unfit.class, value);
  }
}
