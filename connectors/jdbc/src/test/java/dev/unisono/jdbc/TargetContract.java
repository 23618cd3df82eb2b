package dev.unisono.jdbc;

import static dev.unisono.spi.Operation.CREATE;
import static dev.unisono.spi.Operation.DELETE;
import static dev.unisono.spi.Operation.TRUNCATE;
import static dev.unisono.spi.Operation.UPDATE;
import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import dev.unisono.spi.Target;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds of a target, whatever the database. */
public abstract class TargetContract {
  private static final Object KEPT = Unchanged.UNCHANGED;

  private static final Binding PARENT =
      Bindings.of(
          "parent",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("note", ValueType.STRING));

  private static final Binding CHILD =
      Bindings.of(
          "child", List.of("id"), field("id", ValueType.LONG), field("parent_id", ValueType.LONG));

  private TargetDatabase database;
  private Lane lane;

  /** Makes the database that one test works with. */
  protected abstract TargetDatabase makeDatabase(Path folder) throws SQLException, IOException;

  @BeforeEach
  void makeTables(@TempDir Path folder) throws SQLException, IOException {
    database = makeDatabase(folder);
    database.execute(
        "CREATE TABLE \"parent\" (\"id\" bigint PRIMARY KEY, \"name\" varchar(100) CHECK (\"name\""
            + " <> 'bad'), \"note\" varchar(100), \"own\" varchar(100) DEFAULT 'ours')",
        "CREATE TABLE \"child\" (\"id\" bigint PRIMARY KEY, \"parent_id\" bigint REFERENCES"
            + " \"parent\" (\"id\"))");
    lane = open();
  }

  @AfterEach
  void closeDatabase() {
    lane.close();
    database.close();
  }

  private Lane open() {
    // Children first: the order is the lane's to find.
    return database.writing(CHILD, PARENT).target().open(0);
  }

  private void openFor(Binding binding) {
    lane.close();
    lane = database.writing(binding).target().open(0);
  }

  private static Delivery parent(
      long sequence, Operation operation, long id, @Nullable Object name, @Nullable Object note) {
    Row row = new Row(PARENT.schema(), new @Nullable Object[] {id, name, note});
    return new Delivery(sequence, PARENT, operation, new Key(id), null, row, 0, Instant.EPOCH);
  }

  private static Delivery moved(long sequence, long from, long to, @Nullable Object name) {
    Row row = new Row(PARENT.schema(), new @Nullable Object[] {to, name, KEPT});
    return new Delivery(
        sequence, PARENT, UPDATE, new Key(to), new Key(from), row, 0, Instant.EPOCH);
  }

  private static Delivery child(long sequence, Operation operation, long id, long parent) {
    Row row = new Row(CHILD.schema(), new @Nullable Object[] {id, parent});
    return new Delivery(sequence, CHILD, operation, new Key(id), null, row, 0, Instant.EPOCH);
  }

  private static Delivery deleted(long sequence, Binding binding, long id) {
    return new Delivery(sequence, binding, DELETE, new Key(id), null, null, 0, Instant.EPOCH);
  }

  private static Delivery truncated(long sequence, Binding binding) {
    return new Delivery(sequence, binding, TRUNCATE, null, null, null, 0, Instant.EPOCH);
  }

  private static Delivery as(Binding binding, Delivery delivery) {
    return new Delivery(
        delivery.sequence(),
        binding,
        delivery.operation(),
        delivery.key(),
        delivery.previousKey(),
        delivery.row(),
        delivery.transaction(),
        Instant.parse("2026-05-06T07:08:09.123456Z"));
  }

  private DeliveryOutcome apply(Delivery... deliveries) {
    return lane.apply(
        List.of(deliveries), new LaneCursor(1, deliveries[deliveries.length - 1].sequence()));
  }

  private DeliveryOutcome applyAsUnit(Delivery... deliveries) {
    return lane.applyAsUnit(
        List.of(deliveries), new LaneCursor(1, deliveries[deliveries.length - 1].sequence()));
  }

  private void assertApplied(DeliveryOutcome outcome, int deliveries) {
    assertEquals(new DeliveryOutcome.Applied(deliveries), outcome);
  }

  private List<String> parents() throws SQLException {
    return database.rows("SELECT * FROM \"parent\" ORDER BY \"id\"");
  }

  private List<String> children() throws SQLException {
    return database.rows("SELECT * FROM \"child\" ORDER BY \"id\"");
  }

  private void insertParents(String... rows) throws SQLException {
    for (String row : rows) {
      database.execute("INSERT INTO \"parent\" VALUES " + row);
    }
  }

  @Test
  void writesTheLastWordForEachKey() throws SQLException {
    insertParents("(2, 'old', 'kept', 'theirs')");
    assertApplied(
        apply(
            parent(1, CREATE, 1, "one", "n"),
            parent(2, UPDATE, 1, "uno", KEPT),
            parent(3, UPDATE, 2, "two", KEPT),
            parent(4, CREATE, 3, "three", null),
            deleted(5, PARENT, 3),
            parent(6, CREATE, 4, "four", "x"),
            deleted(7, PARENT, 4),
            parent(8, CREATE, 4, "again", null),
            parent(9, UPDATE, 5, "not there", KEPT)),
        9);
    assertEquals(List.of("1|uno|n|ours", "2|two|kept|theirs", "4|again|~|ours"), parents());
    assertEquals(Optional.of(new LaneCursor(1, 9)), lane.cursor());
  }

  @Test
  void movesAKeyWithWhatIsNotSynced() throws SQLException {
    insertParents("(1, 'one', 'kept', 'theirs')");
    assertApplied(apply(moved(1, 1, 10, "ten"), parent(2, UPDATE, 10, KEPT, "new")), 2);
    assertEquals(List.of("10|ten|new|theirs"), parents());
    // A key that is freed and taken again.
    assertApplied(apply(moved(3, 10, 11, KEPT), parent(4, CREATE, 10, "ten", null)), 2);
    assertEquals(List.of("10|ten|~|ours", "11|ten|new|theirs"), parents());
  }

  @Test
  void copiesAMovedKeyInAUnitSoThatOthersCanFollow() throws SQLException {
    insertParents("(1, 'one', 'kept', 'theirs')");
    database.execute("INSERT INTO \"child\" VALUES (5, 1)");
    Delivery[] unit = {moved(1, 1, 10, "ten"), child(2, UPDATE, 5, 10)};
    assertEquals(0, assertInstanceOf(DeliveryOutcome.Waiting.class, apply(unit)).applied());
    assertApplied(applyAsUnit(unit), 2);
    assertEquals(List.of("10|ten|kept|theirs"), parents());
    assertEquals(List.of("5|10"), children());
  }

  @Test
  void ordersAUnitByItsReferences() throws SQLException {
    assertApplied(applyAsUnit(child(1, CREATE, 5, 1), parent(2, CREATE, 1, "one", null)), 2);
    assertApplied(applyAsUnit(deleted(3, PARENT, 1), deleted(4, CHILD, 5)), 2);
    assertEquals(List.of(), parents());
    assertEquals(List.of(), children());
    DeliveryOutcome.Waiting waiting =
        assertInstanceOf(
            DeliveryOutcome.Waiting.class,
            applyAsUnit(parent(5, CREATE, 2, "two", null), child(6, CREATE, 6, 99)));
    assertEquals(0, waiting.applied());
    assertEquals("foreign-key", waiting.cause().code());
    assertEquals(List.of(), parents(), "all or nothing");
  }

  @Test
  void emptiesTablesThatReferToEachOther() throws SQLException {
    insertParents("(1, 'one', 'n', 'theirs')");
    database.execute("INSERT INTO \"child\" VALUES (5, 1)");
    DeliveryOutcome alone = apply(truncated(1, PARENT));
    assertEquals(
        "foreign-key", assertInstanceOf(DeliveryOutcome.Waiting.class, alone).cause().code());
    assertApplied(
        apply(
            parent(2, CREATE, 2, "two", null),
            truncated(3, PARENT),
            truncated(4, CHILD),
            parent(5, CREATE, 3, "three", null)),
        4);
    assertEquals(List.of("3|three|~|ours"), parents());
    assertEquals(List.of(), children());
  }

  @Test
  void keepsAllBeforeTheOneThatWaits() throws SQLException {
    DeliveryOutcome outcome =
        apply(
            parent(1, CREATE, 1, "one", null),
            child(2, CREATE, 5, 1),
            child(3, CREATE, 6, 1),
            child(4, CREATE, 7, 99),
            child(5, CREATE, 8, 1));
    DeliveryOutcome.Waiting waiting = assertInstanceOf(DeliveryOutcome.Waiting.class, outcome);
    assertEquals(3, waiting.applied());
    assertEquals(List.of("5|1", "6|1"), children());
    assertEquals(Optional.of(new LaneCursor(1, 3)), lane.cursor());
    assertTrue(waiting.cause().message().contains("(journal sequence 4)"));
    assertApplied(
        apply(
            parent(4, CREATE, 99, "other lane", null),
            child(5, CREATE, 7, 99),
            child(6, CREATE, 8, 1)),
        3);
    assertEquals(List.of("5|1", "6|1", "7|99", "8|1"), children());
  }

  @Test
  void keepsAllBeforeTheOneThatIsRefused() throws SQLException {
    DeliveryOutcome outcome =
        apply(
            parent(1, CREATE, 1, "one", null),
            parent(2, CREATE, 2, "bad", null),
            parent(3, CREATE, 3, "three", null));
    DeliveryOutcome.Refused refused = assertInstanceOf(DeliveryOutcome.Refused.class, outcome);
    assertEquals(1, refused.applied());
    assertEquals("refused-by-target", refused.cause().code());
    assertTrue(refused.cause().message().contains("parent [2] (journal sequence 2)"));
    assertEquals(List.of("1|one|~|ours"), parents());
    assertEquals(Optional.of(new LaneCursor(1, 1)), lane.cursor());
  }

  private void uniqueNames() throws SQLException {
    insertParents("(1, 'one', 'n', 'theirs')", "(2, 'two', 'm', 'theirs')");
    database.execute("CREATE UNIQUE INDEX \"names\" ON \"parent\" (\"name\")");
  }

  @Test
  void aValueThatAnotherRowHasMustWait() throws SQLException {
    uniqueNames();
    DeliveryOutcome.Waiting waiting =
        assertInstanceOf(
            DeliveryOutcome.Waiting.class,
            apply(parent(1, UPDATE, 3, "three", null), parent(2, UPDATE, 1, "two", KEPT)));
    assertEquals(1, waiting.applied());
    assertEquals("value-taken", waiting.cause().code());
    DeliveryOutcome.Waiting same =
        assertInstanceOf(DeliveryOutcome.Waiting.class, apply(parent(3, CREATE, 4, "three", null)));
    assertEquals(waiting.constraint(), same.constraint(), "whatever the row and its value");
    assertEquals("2|two|m|theirs", parents().get(1), "no other row is changed");
    assertApplied(apply(parent(3, UPDATE, 2, "free", KEPT), parent(4, UPDATE, 1, "two", KEPT)), 2);
  }

  @Test
  void rowsOfAUnitChangePlacesInAUniqueColumn() throws SQLException {
    uniqueNames();
    assertApplied(
        applyAsUnit(parent(1, UPDATE, 1, "two", KEPT), parent(2, UPDATE, 2, "one", "new")), 2);
    assertEquals(List.of("1|two|n|theirs", "2|one|new|theirs"), parents());
  }

  @Test
  void nothingIsReplacedWhereOthersWouldGoWithIt() throws SQLException {
    uniqueNames();
    database.execute(
        "DROP TABLE \"child\"",
        "CREATE TABLE \"child\" (\"id\" bigint PRIMARY KEY, \"parent_id\" bigint REFERENCES"
            + " \"parent\" (\"id\") ON DELETE CASCADE)",
        "INSERT INTO \"child\" VALUES (5, 1)");
    lane.close();
    lane = open();
    assertInstanceOf(
        DeliveryOutcome.Waiting.class,
        applyAsUnit(parent(1, UPDATE, 1, "two", KEPT), parent(2, UPDATE, 2, "one", "new")));
    assertEquals(List.of("1|one|n|theirs", "2|two|m|theirs"), parents());
    assertEquals(List.of("5|1"), children());
  }

  @Test
  void aValueIsTakenOverFromARowThatGoesInTheSameUnit() throws SQLException {
    uniqueNames();
    database.execute("INSERT INTO \"child\" VALUES (6, 2)");
    assertApplied(
        applyAsUnit(
            parent(1, UPDATE, 2, "gone", KEPT),
            parent(2, CREATE, 3, "two", "x"),
            child(3, UPDATE, 6, 3),
            deleted(4, PARENT, 2)),
        4);
    assertEquals(List.of("1|one|n|theirs", "3|two|x|ours"), parents());
  }

  @Test
  void aRowIsMadeBesideTheOneWhoseKeyItHad() throws SQLException {
    insertParents("(1, 'one', 'kept', 'theirs')", "(2, 'old', 'old', 'old')");
    Row row = new Row(PARENT.schema(), new @Nullable Object[] {2L, "two", KEPT});
    assertApplied(
        apply(new Delivery(1, PARENT, CREATE, new Key(2L), new Key(1L), row, 0, Instant.EPOCH)), 1);
    assertEquals(List.of("1|one|kept|theirs", "2|two|kept|theirs"), parents());
  }

  private static Binding marking(String flag) {
    return new Binding(
        "marked", PARENT.schema(), "parent", PARENT.columns(), "syncs.marked", Deletes.SOFT, flag);
  }

  @Test
  void aSoftDeleteMarksTheRowUntilItsKeyComesAgain() throws SQLException {
    insertParents("(1, 'one', 'n', 'theirs')", "(2, 'two', 'm', 'theirs')");
    database.execute("ALTER TABLE \"parent\" ADD \"deleted_at\" timestamp(6)");
    database.execute("ALTER TABLE \"parent\" ADD \"gone\" boolean DEFAULT false NOT NULL");
    String times = "SELECT \"id\", \"name\", \"deleted_at\" FROM \"parent\" ORDER BY \"id\"";
    String stamp = "2026-05-06 07:08:09.123456";
    Binding timed = marking("deleted_at");
    openFor(timed);
    assertApplied(apply(as(timed, deleted(1, timed, 1))), 1);
    assertEquals(List.of("1|one|" + stamp, "2|two|~"), database.rows(times));
    assertApplied(apply(as(timed, parent(2, CREATE, 1, "again", null))), 1);
    assertEquals(List.of("1|again|~", "2|two|~"), database.rows(times));
    assertApplied(apply(as(timed, truncated(3, timed))), 1);
    assertEquals(List.of("1|again|" + stamp, "2|two|" + stamp), database.rows(times));
    Binding flagged = marking("gone");
    openFor(flagged);
    assertApplied(
        apply(as(flagged, deleted(4, flagged, 1)), as(flagged, moved(5, 2, 3, "three"))), 2);
    String flags =
        "SELECT \"id\", \"name\", \"note\", CASE WHEN \"gone\" THEN 'gone' ELSE 'there' END FROM"
            + " \"parent\" ORDER BY \"id\"";
    List<String> expected = List.of("1|again|~|gone", "2|two|m|gone", "3|three|m|there");
    assertEquals(expected, database.rows(flags));
    assertApplied(
        applyAsUnit(as(flagged, deleted(4, flagged, 1)), as(flagged, moved(5, 2, 3, "three"))), 2);
    assertEquals(expected, database.rows(flags), "delivered again");
  }

  @Test
  void anIgnoredDeleteLeavesTheRow() throws SQLException {
    insertParents("(1, 'one', 'n', 'theirs')");
    Binding keeping =
        new Binding(
            "kept",
            PARENT.schema(),
            "parent",
            PARENT.columns(),
            "syncs.kept",
            Deletes.IGNORE,
            null);
    openFor(keeping);
    assertApplied(
        apply(
            as(keeping, deleted(1, keeping, 1)),
            as(keeping, truncated(2, keeping)),
            as(keeping, moved(3, 1, 2, "two"))),
        3);
    assertEquals(List.of("1|one|n|theirs", "2|two|n|theirs"), parents());
  }

  @Test
  void deliveringAgainLeavesTheSame() throws SQLException {
    insertParents("(1, 'one', 'kept', 'theirs')");
    Delivery[] deliveries = {
      moved(1, 1, 10, "ten"),
      parent(2, CREATE, 2, "two", "n"),
      parent(3, UPDATE, 2, KEPT, "m"),
      child(4, CREATE, 5, 10),
      child(5, CREATE, 6, 2),
      deleted(6, CHILD, 6),
      parent(7, UPDATE, 2, "zwei", KEPT)
    };
    assertApplied(apply(deliveries), deliveries.length);
    List<String> parents = parents();
    List<String> children = children();
    lane.close();
    lane = open();
    assertApplied(apply(deliveries), deliveries.length);
    assertEquals(parents, parents());
    assertEquals(children, children());
    assertApplied(applyAsUnit(deliveries), deliveries.length);
    assertEquals(parents, parents());
    assertEquals(children, children());
  }

  @Test
  void theCursorStaysWhereNothingWasCommitted() throws SQLException {
    assertEquals(Optional.empty(), lane.cursor());
    apply(parent(1, CREATE, 1, "one", null));
    assertInstanceOf(DeliveryOutcome.Refused.class, apply(parent(2, CREATE, 2, "bad", null)));
    assertEquals(Optional.of(new LaneCursor(1, 1)), lane.cursor());
    lane.advance(new LaneCursor(1, 50));
    lane.close();
    lane = open();
    assertEquals(Optional.of(new LaneCursor(1, 50)), lane.cursor());
  }

  @Test
  void whoHasLostALaneWritesNothingMore() throws SQLException {
    apply(parent(1, CREATE, 1, "one", null));
    Lane late = lane;
    lane = open();
    UnisonoException lost =
        assertThrows(
            UnisonoException.class,
            () -> late.apply(List.of(parent(2, UPDATE, 1, "late", null)), new LaneCursor(1, 2)));
    late.close();
    assertEquals("lane-in-use", lost.problem().code());
    assertTrue(lost.problem().type().retryable());
    assertEquals(List.of("1|one|~|ours"), parents());
    assertEquals(Optional.of(new LaneCursor(1, 1)), lane.cursor());
    assertApplied(apply(parent(2, UPDATE, 1, "uno", KEPT)), 1);
  }

  @Test
  void aRepairIsNotedWithAllCursorsUntilItEnds() {
    Target target = database.writing(PARENT).target();
    apply(parent(1, CREATE, 1, "one", null));
    assertEquals(Optional.empty(), target.repairing());
    target.beginRepair(new LaneCursor(2, 70));
    assertEquals(Optional.of(new LaneCursor(2, 70)), target.repairing());
    assertEquals(Optional.of(new LaneCursor(2, 70)), lane.cursor());
    assertApplied(lane.apply(List.of(deleted(71, PARENT, 1)), new LaneCursor(2, 71)), 1);
    target.endRepair();
    assertEquals(Optional.empty(), target.repairing());
    assertEquals(Optional.of(new LaneCursor(2, 71)), lane.cursor());
  }

  @Test
  void keysComeInPagesInTheTablesOrder() {
    List<Delivery> many = new ArrayList<>();
    for (int i = 1; i <= 25; i++) {
      many.add(parent(i, CREATE, i * 3L, "n" + i, null));
    }
    lane.apply(many, new LaneCursor(1, 25));
    Target target = database.writing(PARENT).target();
    List<Key> keys = new ArrayList<>();
    String after = null;
    do {
      KeyPage page = target.keys(PARENT, after, 10);
      keys.addAll(page.keys());
      after = page.next();
    } while (after != null);
    assertEquals(many.stream().map(Delivery::key).toList(), keys);
  }

  private static Binding making(TablePolicy policy) {
    return Bindings.of(
            "made",
            List.of("id", "day"),
            field("id", ValueType.UUID),
            field("day", ValueType.DATE),
            field("amount", ValueType.DECIMAL),
            field("data", ValueType.BYTES))
        .with(policy);
  }

  @Test
  void aTableIsMadeOnlyWhereThatIsAllowed() throws SQLException {
    UnisonoException missing =
        assertThrows(
            UnisonoException.class,
            () -> database.writing(making(TablePolicy.DEFAULT)).target().lanes());
    assertEquals("no-such-table", missing.problem().code());
    assertTrue(missing.problem().remedy().contains("CREATE TABLE"));
    Binding allowed = making(new TablePolicy(SchemaChange.IGNORE, true, false, null));
    try (ConnectedSystem system = database.writing(allowed)) {
      assertEquals(List.of(), system.check());
      system.target().lanes();
      assertEquals(List.of(), system.check());
    }
    assertEquals(List.of("0"), database.rows("SELECT count(*) FROM \"made\""));
  }

  @Test
  void aColumnIsAddedOnlyWhereThatIsAllowed() throws SQLException {
    database.execute("ALTER TABLE \"parent\" DROP COLUMN \"note\"");
    UnisonoException missing = assertThrows(UnisonoException.class, this::open);
    assertEquals("target-lacks-column", missing.problem().code());
    openFor(PARENT.with(new TablePolicy(SchemaChange.IGNORE, false, true, null)));
    assertEquals(List.of("0"), database.rows("SELECT count(\"note\") FROM \"parent\" WHERE 1 = 0"));
  }

  private List<String> problems(Binding binding) {
    try (ConnectedSystem system = database.writing(binding)) {
      return system.check().stream().map(problem -> problem.code()).toList();
    }
  }

  @Test
  void checkSaysWhatCannotBeWritten() throws SQLException {
    assertEquals(List.of(), problems(PARENT));
    assertEquals(List.of("no-such-column"), problems(marking("none")));
    database.execute("ALTER TABLE \"parent\" ADD \"late\" timestamp DEFAULT '2026-01-02' NOT NULL");
    assertEquals(List.of("type-mismatch"), problems(marking("late")), "null is missing");
    database.execute(
        "CREATE TABLE \"bare\" (\"id\" bigint, \"name\" double precision, \"note\" varchar(9),"
            + " \"must\" varchar(9) NOT NULL)");
    Binding bare =
        new Binding("bare", PARENT.schema(), "bare", PARENT.columns(), "syncs.bare.members[0]");
    assertEquals(List.of("type-mismatch", "key-not-unique", "column-not-filled"), problems(bare));
    Binding none =
        new Binding("none", PARENT.schema(), "none", PARENT.columns(), "syncs.none.members[0]");
    assertEquals(List.of("no-such-table"), problems(none));
  }

  @Test
  void theNumberOfLanesIsKeptUntilItIsChanged() {
    apply(parent(1, CREATE, 1, "one", null));
    if (database.hasOneWriter()) {
      assertEquals(1, database.writing(PARENT).target().wantedLanes(), "there can be one");
      return;
    }
    Target more = database.system(Map.of("lanes", 7L), List.of(), List.of(PARENT), "one").target();
    assertEquals(4, more.lanes(), "as first used");
    assertEquals(7, more.wantedLanes());
    more.changeLanes(new LaneCursor(1, 9));
    assertEquals(7, more.lanes());
    try (Lane last = more.open(6)) {
      assertEquals(Optional.of(new LaneCursor(1, 9)), last.cursor());
    }
  }
}
