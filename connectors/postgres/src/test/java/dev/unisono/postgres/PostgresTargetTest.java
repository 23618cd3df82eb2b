package dev.unisono.postgres;

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
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Target;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresTargetTest {
  private static final Object KEPT = Unchanged.UNCHANGED;

  private static final Binding PARENT =
      Bindings.of(
          "public.parent",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("note", ValueType.STRING));

  private static final Binding CHILD =
      Bindings.of(
          "public.child",
          List.of("id"),
          field("id", ValueType.LONG),
          field("parent_id", ValueType.LONG));

  private PostgresServer server;
  private TestDatabase database;
  private Lane lane;

  @BeforeAll
  void startServer() {
    server = PostgresServer.temporary();
  }

  @AfterAll
  void stopServer() {
    server.close();
  }

  @BeforeEach
  void makeTables(TestInfo test) throws SQLException {
    database = new TestDatabase(server, test.getTestMethod().orElseThrow().getName());
    database.execute(
        "CREATE TABLE parent (id bigint PRIMARY KEY, name text CHECK (name <> 'bad'), note text,"
            + " own text DEFAULT 'ours')",
        "CREATE TABLE child (id bigint PRIMARY KEY, parent_id bigint REFERENCES parent)");
    lane = open();
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    lane.close();
    database.close();
  }

  private Lane open() {
    // Children first: the order is the lane's to find.
    return database.writing(CHILD, PARENT).target().open(0);
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
    return database.rows(
        "SELECT concat_ws('|', id, coalesce(name, '~'), coalesce(note, '~'), own) FROM parent"
            + " ORDER BY id");
  }

  private List<String> children() throws SQLException {
    return database.rows("SELECT concat_ws('|', id, parent_id) FROM child ORDER BY id");
  }

  @Test
  void writesTheLastWordForEachKey() throws SQLException {
    database.execute("INSERT INTO parent VALUES (2, 'old', 'kept', 'theirs')");
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
    database.execute("INSERT INTO parent VALUES (1, 'one', 'kept', 'theirs')");
    assertApplied(apply(moved(1, 1, 10, "ten"), parent(2, UPDATE, 10, KEPT, "new")), 2);
    assertEquals(List.of("10|ten|new|theirs"), parents());
    // A key that is freed and taken again.
    assertApplied(apply(moved(3, 10, 11, KEPT), parent(4, CREATE, 10, "ten", null)), 2);
    assertEquals(List.of("10|ten|~|ours", "11|ten|new|theirs"), parents());
  }

  @Test
  void copiesAMovedKeyInAUnitSoThatOthersCanFollow() throws SQLException {
    database.execute(
        "INSERT INTO parent VALUES (1, 'one', 'kept', 'theirs')",
        "INSERT INTO child VALUES (5, 1)");
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
    assertEquals(
        0,
        assertInstanceOf(
                DeliveryOutcome.Waiting.class,
                applyAsUnit(parent(5, CREATE, 2, "two", null), child(6, CREATE, 6, 99)))
            .applied());
    assertEquals(List.of(), parents(), "all or nothing");
  }

  @Test
  void emptiesTablesThatReferToEachOther() throws SQLException {
    database.execute("INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (5, 1)");
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
    database.execute(
        "INSERT INTO parent VALUES (1, 'one', 'n', 'theirs'), (2, 'two', 'm', 'theirs')",
        "INSERT INTO child VALUES (5, 1), (6, 2)",
        "CREATE UNIQUE INDEX ON parent (name)");
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
    assertEquals("constraint parent_name_idx", waiting.constraint());
    assertApplied(apply(parent(3, UPDATE, 2, "free", KEPT), parent(4, UPDATE, 1, "two", KEPT)), 2);
  }

  @Test
  void rowsOfAUnitChangePlacesInAUniqueColumn() throws SQLException {
    uniqueNames();
    assertApplied(
        applyAsUnit(parent(1, UPDATE, 1, "two", KEPT), parent(2, UPDATE, 2, "one", "new")), 2);
    assertEquals(List.of("1|two|n|theirs", "2|one|new|theirs"), parents());
    assertEquals(List.of("5|1", "6|2"), children(), "those that refer to them stay");
  }

  @Test
  void aValueIsTakenOverFromARowThatGoesInTheSameUnit() throws SQLException {
    uniqueNames();
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
  void nothingIsReplacedWhereOthersWouldGoWithIt() throws SQLException {
    uniqueNames();
    database.execute(
        "ALTER TABLE child DROP CONSTRAINT child_parent_id_fkey",
        "ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent ON DELETE CASCADE");
    assertInstanceOf(
        DeliveryOutcome.Waiting.class,
        applyAsUnit(parent(1, UPDATE, 1, "two", KEPT), parent(2, UPDATE, 2, "one", "new")));
    assertEquals(List.of("1|one|n|theirs", "2|two|m|theirs"), parents());
    assertEquals(List.of("5|1", "6|2"), children());
  }

  @Test
  void aDeferrableConstraintIsCheckedAtTheEndOfAUnit() throws SQLException {
    uniqueNames();
    database.execute(
        "DROP INDEX parent_name_idx",
        "ALTER TABLE parent ADD UNIQUE (name) DEFERRABLE",
        "ALTER TABLE child DROP CONSTRAINT child_parent_id_fkey",
        "ALTER TABLE child ADD FOREIGN KEY (parent_id) REFERENCES parent ON DELETE CASCADE");
    assertApplied(
        applyAsUnit(parent(1, UPDATE, 1, "two", KEPT), parent(2, UPDATE, 2, "one", KEPT)), 2);
    assertEquals(List.of("1|two|n|theirs", "2|one|m|theirs"), parents());
  }

  @Test
  void aRowIsMadeBesideTheOneWhoseKeyItHad() throws SQLException {
    database.execute(
        "INSERT INTO parent VALUES (1, 'one', 'kept', 'theirs'), (2, 'old', 'old', 'old')");
    Row row = new Row(PARENT.schema(), new @Nullable Object[] {2L, "two", KEPT});
    assertApplied(
        apply(new Delivery(1, PARENT, CREATE, new Key(2L), new Key(1L), row, 0, Instant.EPOCH)), 1);
    assertEquals(List.of("1|one|kept|theirs", "2|two|kept|theirs"), parents());
  }

  @Test
  void whatATriggerRaisesIsARefusalWhateverItsNumber() throws SQLException {
    database.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION"
            + " 'no' USING ERRCODE = 'XY123'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION refuse()");
    DeliveryOutcome.Refused refused =
        assertInstanceOf(
            DeliveryOutcome.Refused.class,
            apply(parent(1, CREATE, 1, "one", null), child(2, CREATE, 5, 1)));
    assertEquals(1, refused.applied());
    assertEquals("SQLSTATE XY123", refused.constraint());
  }

  private static Binding marking(String flag) {
    return new Binding(
        "marked",
        PARENT.schema(),
        "public.parent",
        PARENT.columns(),
        "syncs.marked",
        Deletes.SOFT,
        flag);
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

  @Test
  void aSoftDeleteMarksTheRowUntilItsKeyComesAgain() throws SQLException {
    database.execute(
        "INSERT INTO parent VALUES (1, 'one', 'n', 'theirs'), (2, 'two', 'm', 'theirs')",
        "ALTER TABLE parent ADD deleted_at timestamptz, ADD gone boolean NOT NULL DEFAULT false");
    String times =
        "SELECT concat_ws('|', id, name, own, deleted_at AT TIME ZONE 'UTC') FROM parent ORDER BY"
            + " id";
    Binding timed = marking("deleted_at");
    lane.close();
    lane = database.writing(timed).target().open(0);
    assertApplied(apply(as(timed, deleted(1, timed, 1))), 1);
    assertEquals(
        List.of("1|one|theirs|2026-05-06 07:08:09.123456", "2|two|theirs"), database.rows(times));
    assertApplied(apply(as(timed, parent(2, CREATE, 1, "again", null))), 1);
    assertEquals(List.of("1|again|theirs", "2|two|theirs"), database.rows(times));
    assertApplied(apply(as(timed, truncated(3, timed))), 1);
    assertEquals(
        List.of(
            "1|again|theirs|2026-05-06 07:08:09.123456", "2|two|theirs|2026-05-06 07:08:09.123456"),
        database.rows(times));
    Binding flagged = marking("gone");
    lane.close();
    lane = database.writing(flagged).target().open(0);
    assertApplied(
        apply(as(flagged, deleted(4, flagged, 1)), as(flagged, moved(5, 2, 3, "three"))), 2);
    String flags = "SELECT concat_ws('|', id, name, note, own, gone) FROM parent ORDER BY id";
    List<String> expected = List.of("1|again|theirs|t", "2|two|m|theirs|t", "3|three|m|theirs|f");
    assertEquals(expected, database.rows(flags));
    assertApplied(
        applyAsUnit(as(flagged, deleted(4, flagged, 1)), as(flagged, moved(5, 2, 3, "three"))), 2);
    assertEquals(expected, database.rows(flags), "delivered again");
  }

  @Test
  void anIgnoredDeleteLeavesTheRow() throws SQLException {
    database.execute("INSERT INTO parent VALUES (1, 'one', 'n', 'theirs')");
    Binding keeping =
        new Binding(
            "kept",
            PARENT.schema(),
            "public.parent",
            PARENT.columns(),
            "syncs.kept",
            Deletes.IGNORE,
            null);
    lane.close();
    lane = database.writing(keeping).target().open(0);
    assertApplied(
        apply(
            as(keeping, deleted(1, keeping, 1)),
            as(keeping, truncated(2, keeping)),
            as(keeping, moved(3, 1, 2, "two"))),
        3);
    assertEquals(List.of("1|one|n|theirs", "2|two|n|theirs"), parents());
  }

  @Test
  void aColumnThatIsGoneIsSaidByItsName() throws SQLException {
    lane.close();
    database.execute("ALTER TABLE parent DROP note");
    UnisonoException failed = assertThrows(UnisonoException.class, this::open);
    assertEquals("target-lacks-column", failed.problem().code());
    assertTrue(failed.problem().message().contains("has no column note"));
  }

  @Test
  void checkAsksForTheFlagOfSoftDeletes() throws SQLException {
    database.execute("ALTER TABLE parent ADD late timestamptz NOT NULL, ADD gone bool NOT NULL");
    assertEquals(
        List.of("column-not-filled", "type-mismatch"),
        problems(marking("late")),
        "null is missing");
    assertEquals(List.of("column-not-filled"), problems(marking("gone")), "late is not filled");
    database.execute("ALTER TABLE parent DROP late");
    assertEquals(List.of(), problems(marking("gone")));
    assertEquals(List.of("column-not-filled", "type-mismatch"), problems(marking("own")));
    assertEquals(List.of("column-not-filled", "no-such-column"), problems(marking("none")));
  }

  @Test
  void aStatementThatTakesTooLongIsCancelledAndTheLaneCanBeOpenedAnew() throws SQLException {
    database.execute("INSERT INTO parent VALUES (1, 'one', 'n', 'theirs')");
    lane.close();
    try (ConnectedSystem system =
            database.system(
                Map.of("answer-timeout", Duration.ofSeconds(1)), List.of(), List.of(PARENT));
        Target target = system.target();
        Connection other = database.connect();
        var statement = other.createStatement()) {
      lane = target.open(0);
      other.setAutoCommit(false);
      statement.execute("SELECT FROM parent WHERE id = 1 FOR UPDATE");
      UnisonoException late =
          assertThrows(UnisonoException.class, () -> apply(parent(1, UPDATE, 1, "uno", KEPT)));
      assertEquals("no-answer", late.problem().code());
      assertTrue(late.problem().type().retryable());
      other.rollback();
      lane.close();
      lane = target.open(0);
      assertEquals(Optional.empty(), lane.cursor());
      assertApplied(apply(parent(1, UPDATE, 1, "uno", KEPT)), 1);
    }
    assertEquals(List.of("1|uno|n|theirs"), parents());
  }

  @Test
  void aServerThatTakesReadsOnlyIsTriedAgainUntilItTakesWrites() throws SQLException {
    assertApplied(apply(parent(1, CREATE, 1, "one", "n")), 1);
    database.execute(
        "ALTER DATABASE " + database.name() + " SET default_transaction_read_only = on",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'unisono'"
            + " AND datname = current_database()");
    UnisonoException broken =
        assertThrows(UnisonoException.class, () -> apply(parent(2, CREATE, 2, "two", "n")));
    assertEquals("unreachable", broken.problem().code());
    lane.close();
    UnisonoException readOnly = assertThrows(UnisonoException.class, this::open);
    assertEquals("read-only", readOnly.problem().code());
    assertTrue(readOnly.problem().type().retryable());
    assertEquals(List.of("read-only"), problems(PARENT));
    database.execute("ALTER DATABASE " + database.name() + " RESET default_transaction_read_only");
    lane = open();
    assertEquals(Optional.of(new LaneCursor(1, 1)), lane.cursor());
    assertApplied(apply(parent(2, CREATE, 2, "two", "n")), 1);
  }

  @Test
  void aFaultOfTheServersOwnIsNoFaultOfTheRow() throws SQLException {
    database.execute(
        "CREATE FUNCTION lost() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER lost BEFORE INSERT ON parent FOR EACH ROW EXECUTE FUNCTION lost()",
        // As in a damaged catalog: the trigger's function is nowhere to be found.
        "DELETE FROM pg_proc WHERE proname = 'lost'");
    UnisonoException failed =
        assertThrows(UnisonoException.class, () -> apply(parent(1, CREATE, 2, "two", "n")));
    assertEquals("server-fault", failed.problem().code());
    assertTrue(failed.problem().type().retryable());
    database.execute("DROP TRIGGER lost ON parent");
    lane.close();
    lane = open();
    assertApplied(apply(parent(1, CREATE, 2, "two", "n")), 1);
  }

  private List<String> problems(Binding binding) {
    try (ConnectedSystem system = database.writing(binding)) {
      return system.check().stream().map(problem -> problem.code()).toList();
    }
  }

  @Test
  void theCursorIsInTheSameTransaction() throws SQLException {
    assertEquals(Optional.empty(), lane.cursor());
    apply(parent(1, CREATE, 1, "one", null));
    assertEquals(
        "t",
        database.one(
            "SELECT p.xmin = c.xmin FROM parent p, unisono.unisono_cursor c WHERE c.lane = 0"));
    lane.advance(new LaneCursor(1, 50));
    lane.close();
    lane = open();
    assertEquals(Optional.of(new LaneCursor(1, 50)), lane.cursor());
    try (ConnectedSystem system = database.system(Map.of("lanes", 7L), List.of(), List.of(PARENT));
        Target target = system.target()) {
      assertEquals(2, target.lanes(), "as first used");
    }
  }

  /** Raises for some rows of a table, as they are written or as they are committed. */
  private void refuse(String table, String time, String which) throws SQLException {
    database.execute(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            + " IF "
            + which
            + " THEN RAISE EXCEPTION 'not this one'; END IF; RETURN NEW; END $$",
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE ON "
            + table
            + " "
            + time
            + " FOR EACH ROW EXECUTE FUNCTION refuse()");
  }

  private void assertNothingSince(DeliveryOutcome refused, Delivery... deliveries)
      throws SQLException {
    assertInstanceOf(DeliveryOutcome.Refused.class, refused);
    assertEquals(List.of("1|one|~|ours"), parents());
    assertEquals(Optional.of(new LaneCursor(1, 1)), lane.cursor());
    database.execute("DROP FUNCTION refuse CASCADE");
    assertApplied(apply(deliveries), deliveries.length);
  }

  @Test
  void aRowIsNotThereWhereItsCursorIsRefused() throws SQLException {
    apply(parent(1, CREATE, 1, "one", null));
    refuse("unisono.unisono_cursor", "", "NEW.sequence = 2");
    Delivery two = parent(2, CREATE, 2, "two", null);
    assertNothingSince(apply(two), two);
    assertEquals(List.of("1|one|~|ours", "2|two|~|ours"), parents());
  }

  @Test
  void aDeleteIsNotThereWhereItsCursorIsRefused() throws SQLException {
    apply(parent(1, CREATE, 1, "one", null));
    refuse("unisono.unisono_cursor", "", "NEW.sequence IN (2, 3)");
    Delivery[] both = {parent(2, CREATE, 2, "two", null), deleted(3, PARENT, 1)};
    assertNothingSince(apply(both), both);
    assertEquals(List.of("2|two|~|ours"), parents());
  }

  @Test
  void theCursorStaysWhereTheCommitIsRefused() throws SQLException {
    apply(parent(1, CREATE, 1, "one", null));
    refuse("parent", "DEFERRABLE INITIALLY DEFERRED", "NEW.name = 'two'");
    Delivery two = parent(2, CREATE, 2, "two", null);
    assertNothingSince(apply(two), two);
    assertEquals(List.of("1|one|~|ours", "2|two|~|ours"), parents());
    assertEquals(Optional.of(new LaneCursor(1, 2)), lane.cursor());
  }

  @Test
  void deliveringAgainLeavesTheSame() throws SQLException {
    database.execute("INSERT INTO parent VALUES (1, 'one', 'kept', 'theirs')");
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
  void aConnectionThatBreaksAmidATransactionLeavesNothing()
      throws SQLException, InterruptedException {
    database.execute("INSERT INTO parent VALUES (2, 'old', 'kept', 'theirs')");
    apply(parent(1, CREATE, 9, "nine", null));
    Delivery[] deliveries = {parent(2, CREATE, 1, "one", null), parent(3, UPDATE, 2, "two", KEPT)};
    AtomicReference<@Nullable UnisonoException> failure = new AtomicReference<>();
    try (Connection other = database.connect();
        var statement = other.createStatement()) {
      other.setAutoCommit(false);
      statement.execute("SELECT FROM parent WHERE id = 2 FOR UPDATE");
      Thread applying =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  apply(deliveries);
                } catch (UnisonoException broken) {
                  failure.set(broken);
                }
              });
      String waiting =
          "FROM pg_stat_activity WHERE application_name = 'unisono' AND datname ="
              + " current_database() AND wait_event_type = 'Lock'";
      database.await("SELECT count(*) = 1 " + waiting);
      database.execute("SELECT pg_terminate_backend(pid) " + waiting);
      applying.join();
      other.rollback();
    }
    UnisonoException broken = failure.get();
    assertTrue(broken != null && broken.problem().type().retryable());
    assertEquals(List.of("2|old|kept|theirs", "9|nine|~|ours"), parents());
    lane.close();
    lane = open();
    assertEquals(Optional.of(new LaneCursor(1, 1)), lane.cursor());
    assertApplied(apply(deliveries), 2);
    assertEquals(List.of("1|one|~|ours", "2|two|kept|theirs", "9|nine|~|ours"), parents());
  }
}
