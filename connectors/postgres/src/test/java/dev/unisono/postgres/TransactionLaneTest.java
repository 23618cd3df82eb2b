package dev.unisono.postgres;

import static dev.unisono.spi.Operation.UPDATE;
import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Row;
import dev.unisono.spi.Target;
import dev.unisono.spi.TransactionLane;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.contract.Bindings;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TransactionLaneTest {
  private static final int LANES = 2;
  private static final Binding HALL =
      Bindings.of(
          "public.hall", List.of("id"), field("id", ValueType.LONG), field("code", ValueType.LONG));
  private static final Binding SEAT =
      Bindings.of(
          "public.seat", List.of("id"), field("id", ValueType.LONG), field("hall", ValueType.LONG));

  private PostgresServer server;
  private TestDatabase database;
  private Target target;
  private TransactionLane lane;

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
        "CREATE TABLE hall (id bigint PRIMARY KEY, code bigint UNIQUE CHECK (code >= 0))",
        "CREATE TABLE seat (id bigint PRIMARY KEY, hall bigint REFERENCES hall)");
    target = database.writing(SEAT, HALL).target();
    lane = target.openTransactions();
    lane.begin(false);
  }

  @AfterEach
  void closeDatabase() throws SQLException {
    lane.close();
    database.close();
  }

  private static Delivery hall(long sequence, long id, long code) {
    return delivery(sequence, HALL, id, code);
  }

  private static Delivery seat(long sequence, long id, @Nullable Long hall) {
    return delivery(sequence, SEAT, id, hall);
  }

  private static Delivery delivery(
      long sequence, Binding binding, long id, @Nullable Object value) {
    Row row = new Row(binding.schema(), new @Nullable Object[] {id, value});
    return new Delivery(sequence, binding, UPDATE, new Key(id), null, row, 0, Instant.EPOCH);
  }

  private static LaneCursor at(long sequence) {
    return new LaneCursor(1, sequence);
  }

  private List<String> halls() throws SQLException {
    return database.rows("SELECT concat_ws('|', id, code) FROM hall ORDER BY id");
  }

  private List<String> seats() throws SQLException {
    return database.rows("SELECT concat_ws('|', id, hall) FROM seat ORDER BY id");
  }

  @Test
  void whatIsWrittenInPartsIsSeenAtTheCommitWithTheCursorsOfAllLanes() throws Exception {
    lane.write(List.of(hall(1, 1, 10)));
    lane.write(List.of(hall(2, 2, 20), seat(3, 1, 1L)));
    assertEquals(List.of(), halls());
    assertTrue(lane.commit(at(3)));
    assertEquals(List.of("1|10", "2|20"), halls());
    assertEquals(Collections.nCopies(LANES, Optional.of(at(3))), lane.cursors());
    lane.begin(false);
    lane.write(List.of(hall(4, 1, 11)));
    lane.rollback();
    assertEquals(List.of("1|10", "2|20"), halls());
  }

  @Test
  void whatIsRefusedInALaterPartLeavesTheEarlierOnes() throws Exception {
    lane.write(List.of(hall(1, 1, 10)));
    DeliveryOutcome outcome =
        lane.write(
            LongStream.range(2, 102).mapToObj(i -> hall(i, i, i == 77 ? -1 : 1_000 + i)).toList());
    DeliveryOutcome.Refused refused = assertInstanceOf(DeliveryOutcome.Refused.class, outcome);
    assertEquals(75, refused.applied());
    lane.write(List.of(hall(200, 300, 3)));
    assertTrue(lane.commit(at(200)));
    assertEquals(77, halls().size());
  }

  @Test
  void rowsThatAreOutOfOrderAreWrittenAsAUnit() throws Exception {
    lane.write(List.of(hall(1, 1, 10), hall(2, 2, 20)));
    List<Delivery> childFirst = List.of(seat(3, 1, 9L), hall(4, 9, 90));
    assertInstanceOf(DeliveryOutcome.Waiting.class, lane.write(childFirst.subList(0, 1)));
    assertEquals(new DeliveryOutcome.Applied(2), lane.writeAsUnit(childFirst));
    List<Delivery> swapped = List.of(hall(5, 1, 20), hall(6, 2, 10));
    assertInstanceOf(DeliveryOutcome.Waiting.class, lane.write(swapped));
    assertEquals(new DeliveryOutcome.Applied(2), lane.writeAsUnit(swapped));
    assertTrue(lane.commit(at(6)));
    assertEquals(List.of("1|20", "2|10", "9|90"), halls());
    assertEquals(List.of("1|9"), seats());
  }

  @Test
  void aConstraintThatIsAskedAtTheCommitIsToldThereAndFoundByAStrictTransaction() throws Exception {
    database.execute(
        "ALTER TABLE seat ALTER CONSTRAINT seat_hall_fkey DEFERRABLE INITIALLY DEFERRED");
    List<Delivery> deliveries = List.of(hall(1, 1, 10), seat(2, 1, 1L), seat(3, 2, 8L));
    assertEquals(new DeliveryOutcome.Applied(3), lane.write(deliveries));
    assertFalse(lane.commit(at(3)));
    assertEquals(List.of(), halls());
    lane.begin(true);
    DeliveryOutcome outcome = lane.write(deliveries);
    assertInstanceOf(DeliveryOutcome.Waiting.class, outcome);
    assertEquals(2, outcome.applied());
    assertTrue(lane.commit(at(3)));
    assertEquals(List.of("1|1"), seats());
  }

  @Test
  void laneCursorsThatAreBeyondStayWhereTheyAre() throws Exception {
    lane.close();
    try (Lane ahead = target.open(1)) {
      ahead.advance(at(50));
    }
    lane = target.openTransactions();
    lane.begin(false);
    assertTrue(lane.commit(at(20)));
    assertEquals(List.of(Optional.of(at(20)), Optional.of(at(50))), lane.cursors());
  }

  @Test
  void aSessionThatWasEndedIsToldAndNothingOfItIsThere() throws Exception {
    lane.write(List.of(hall(1, 1, 10)));
    database.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
            + " current_database() AND pid <> pg_backend_pid()");
    UnisonoException ended =
        assertThrows(UnisonoException.class, () -> lane.write(List.of(hall(2, 2, 20))));
    assertTrue(ended.problem().type().retryable(), ended.problem()::toString);
    lane.close();
    lane = target.openTransactions();
    assertEquals(Collections.nCopies(LANES, Optional.empty()), lane.cursors());
    assertEquals(List.of(), halls());
  }
}
