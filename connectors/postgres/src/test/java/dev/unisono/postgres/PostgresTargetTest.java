package dev.unisono.postgres;

import static dev.unisono.postgres.Bindings.field;
import static dev.unisono.spi.Operation.CREATE;
import static dev.unisono.spi.Operation.DELETE;
import static dev.unisono.spi.Operation.TRUNCATE;
import static dev.unisono.spi.Operation.UPDATE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
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
import java.sql.Connection;
import java.sql.SQLException;
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
