package dev.unisono.engine.deliver;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.fixture.MemoryParkedStore;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.state.ParkedRow;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.Key;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DeliveryRunTest {
  private static final Object SAME = Unchanged.UNCHANGED;
  private static final Duration SOON = Duration.ofSeconds(20);
  private static final long EPOCH = 77;
  private static final int LANES = 4;
  private static final Entity HALL =
      entity(1, "hall", List.of("id LONG", "name STRING"), List.of("id"));
  private static final Entity SEAT =
      entity(2, "seat", List.of("id LONG", "hall LONG", "note STRING"), List.of("id"));
  private static final Entity ELSEWHERE = entity(3, "elsewhere", List.of("id LONG"), List.of("id"));
  private static final Map<Entity, Binding> BINDINGS =
      Map.of(HALL, binding(HALL), SEAT, binding(SEAT));

  private final MemoryJournal journal = new MemoryJournal(EPOCH, 5);
  private final MemoryTarget target =
      new MemoryTarget(LANES).refer(SEAT.schema(), "hall", HALL.schema());
  private final MemoryParkedStore store = new MemoryParkedStore();
  private ParkedRows parked = parkedBy(RefusalRules.standard());
  private final List<DeliveryRun> runs = new ArrayList<>();
  private final AtomicReference<@Nullable UnisonoException> failure = new AtomicReference<>();

  @AfterEach
  void nothingForbiddenWasSeen() {
    runs.forEach(DeliveryRun::close);
    assertEquals(List.of(), target.violations());
  }

  /** As after a start of the server. */
  private ParkedRows parkedBy(RefusalRules rules) {
    return new ParkedRows(
        "shop", BINDINGS, Map.of("hall", rules, "seat", rules), store, new MovableClock());
  }

  /** Opens a run and lets it go on a thread of its own, as its owner would. */
  private DeliveryRun start() throws InterruptedException {
    failure.set(null);
    DeliveryRun run =
        new DeliveryRun("shop", target, BINDINGS, journal, parked, SystemLimits.standard());
    runs.add(run);
    run.open();
    Thread.ofVirtual()
        .name("dispatcher")
        .start(() -> {
          try {
            run.run();
          } catch (UnisonoException failed) {
            failure.set(failed);
          } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
          }
        });
    return run;
  }

  private DeliveryRun delivered() throws Exception {
    DeliveryRun run = start();
    assertTrue(
        run.awaitThrough(journal.head().sequence(), SOON), () -> "ended with " + failure.get());
    return run;
  }

  private UnisonoException ended(DeliveryRun run) throws Exception {
    Await.until("it ends", () -> failure.get() != null);
    run.close();
    return Objects.requireNonNull(failure.get());
  }

  private long append(
      Entity entity,
      Operation operation,
      @Nullable Key key,
      @Nullable Key previous,
      @Nullable Row row,
      long transaction) {
    long sequence = journal.next();
    journal.append(List.of(entry(sequence, entity, operation, key, previous, row, transaction)));
    return sequence;
  }

  private long hall(long id, String name, long transaction) {
    return append(HALL, Operation.CREATE, new Key(id), null, row(HALL, id, name), transaction);
  }

  private long seat(long id, @Nullable Long hall, long transaction) {
    return seat(id, hall, transaction, "n" + id);
  }

  private long seat(long id, @Nullable Long hall, long transaction, String note) {
    return append(
        SEAT, Operation.CREATE, new Key(id), null, row(SEAT, id, hall, note), transaction);
  }

  private static int lane(long id) {
    return Math.floorMod(new Key(id).stableHash(), LANES);
  }

  /** The n-th key, from 0, whose lane is this one. */
  private static long keyOf(int lane, int n) {
    return LongStream.range(1, 10_000)
        .filter(id -> lane(id) == lane)
        .skip(n)
        .findFirst()
        .orElseThrow();
  }

  private long cursor(int lane) {
    LaneCursor cursor = target.cursor(lane);
    return cursor == null ? 0 : cursor.sequence();
  }

  @Test
  void createsUpdatesAndDeletesArriveAsTheyHappened() throws Exception {
    hall(1, "Red", 1);
    hall(2, "Blue", 1);
    append(HALL, Operation.UPDATE, new Key(1L), null, row(HALL, 1L, "Green"), 2);
    append(HALL, Operation.DELETE, new Key(2L), null, null, 3);
    append(HALL, Operation.READ, new Key(3L), null, row(HALL, 3L, null), 0);
    delivered();
    assertEquals(Map.of("[1]", "[1, Green]", "[3]", "[3, null]"), target.rows(HALL.schema()));
    assertEquals(List.of(), target.repeated());
  }

  @Test
  void partialRowsAreHandedOverAsTheyAre() throws Exception {
    seat(1, null, 1);
    append(SEAT, Operation.UPDATE, new Key(1L), null, row(SEAT, 1L, SAME, "new"), 2);
    delivered();
    assertEquals(Map.of("[1]", "[1, null, new]"), target.rows(SEAT.schema()));
  }

  @Test
  void changesOfOneKeyArriveInTheirOrder() throws Exception {
    for (int i = 0; i < 200; i++) {
      append(
          HALL,
          Operation.UPDATE,
          new Key((long) (i % 5)),
          null,
          row(HALL, (long) (i % 5), "v" + i),
          i);
    }
    delivered();
    for (long id = 0; id < 5; id++) {
      long first = id + 1;
      List<Long> ofKey =
          target.order().stream().filter(sequence -> (sequence - first) % 5 == 0).toList();
      assertEquals(40, ofKey.size());
      assertEquals(ofKey.stream().sorted().toList(), ofKey);
      assertEquals(
          "[" + id + ", v" + (195 + id) + "]", target.rows(HALL.schema()).get("[" + id + "]"));
    }
  }

  @Test
  void aLanesCursorStandsAtItsLastDeliveryAndNoFurtherThanConfirmed() throws Exception {
    long first = hall(keyOf(0, 0), "a", 1);
    long second = hall(keyOf(1, 0), "b", 1);
    long third = hall(keyOf(0, 1), "c", 1);
    delivered();
    assertEquals(new LaneCursor(EPOCH, third), target.cursor(0));
    assertEquals(new LaneCursor(EPOCH, second), target.cursor(1));
    assertTrue(first < second);
    assertEquals(0, cursor(2));
  }

  @Test
  void newEntriesAreDeliveredAsTheyCome() throws Exception {
    DeliveryRun run = delivered();
    for (int i = 0; i < 20; i++) {
      long sequence = hall(i, "h" + i, i);
      assertTrue(run.awaitThrough(sequence, SOON));
    }
    assertEquals(20, run.delivered());
    assertEquals(20, target.rows(HALL.schema()).size());
  }

  @Test
  void whatAnotherRunHasDeliveredIsNotDeliveredAgain() throws Exception {
    for (int i = 0; i < 50; i++) {
      hall(i, "h" + i, i);
    }
    delivered().close();
    for (int i = 0; i < 50; i++) {
      append(HALL, Operation.UPDATE, new Key((long) i), null, row(HALL, (long) i, "new"), i);
    }
    delivered();
    assertEquals(100, target.order().size());
    assertEquals(List.of(), target.repeated());
  }

  @Test
  void goesOnWithoutRepeatingAfterAnAnswerWasLost() throws Exception {
    for (int i = 0; i < 40; i++) {
      hall(i, "h" + i, i);
    }
    AtomicBoolean once = new AtomicBoolean(true);
    target.faults(
        new MemoryTarget.Faults() {
          @Override
          public void after(int lane, List<Delivery> deliveries) {
            if (once.getAndSet(false)) {
              throw MemoryTarget.lost();
            }
          }
        });
    UnisonoException lost = ended(start());
    assertEquals(ProblemType.TRANSIENT, lost.problem().type());
    delivered();
    assertEquals(List.of(), target.repeated());
    assertEquals(40, target.rows(HALL.schema()).size());
  }

  @Test
  void entitiesTheTargetDoesNotKeepArePassedOver() throws Exception {
    append(ELSEWHERE, Operation.CREATE, new Key(1L), null, row(ELSEWHERE, 1L), 1);
    hall(1, "Red", 1);
    append(ELSEWHERE, Operation.DELETE, new Key(1L), null, null, 1);
    journal.pass(10);
    DeliveryRun run = delivered();
    assertEquals(List.of(2L), target.order());
    assertEquals(13, run.through());
  }

  @Test
  void aKeyThatMovesToAnotherLaneNeverMeetsWhatWasBeforeOrAfterIt() throws Exception {
    long from = keyOf(0, 0);
    long to = keyOf(1, 0);
    for (int turn = 0; turn < 30; turn++) {
      append(HALL, Operation.UPDATE, new Key(from), null, row(HALL, from, "a" + turn), turn);
      append(HALL, Operation.UPDATE, new Key(to), new Key(from), row(HALL, to, SAME), turn);
      append(HALL, Operation.UPDATE, new Key(to), null, row(HALL, to, "b" + turn), turn);
      append(HALL, Operation.UPDATE, new Key(from), new Key(to), row(HALL, from, SAME), turn);
    }
    delivered();
    assertEquals(
        LongStream.rangeClosed(1, 120).boxed().toList(), target.order(), "in the journal's order");
    assertEquals(Map.of("[" + from + "]", "[" + from + ", b29]"), target.rows(HALL.schema()));
  }

  @Test
  void aKeyThatMovesWithinItsLaneStaysInLine() throws Exception {
    long from = keyOf(2, 0);
    long to = keyOf(2, 1);
    hall(from, "a", 1);
    append(HALL, Operation.UPDATE, new Key(to), new Key(from), row(HALL, to, SAME), 2);
    hall(from, "again", 3);
    delivered();
    assertEquals(List.of(1L, 2L, 3L), target.order());
    assertEquals(2, target.rows(HALL.schema()).size());
  }

  @Test
  void aTruncateComesAfterAllBeforeItAndBeforeAllAfterIt() throws Exception {
    for (long id = 0; id < 30; id++) {
      seat(id, null, id);
    }
    hall(1, "stays", 40);
    long truncate = append(SEAT, Operation.TRUNCATE, null, null, null, 41);
    for (long id = 20; id < 50; id++) {
      seat(id, null, id);
    }
    delivered();
    int at = target.order().indexOf(truncate);
    assertEquals(31, at);
    assertEquals(30, target.rows(SEAT.schema()).size());
    assertEquals(1, target.rows(HALL.schema()).size());
  }

  @Test
  void aRowWaitsForTheParentThatAnotherLaneHas() throws Exception {
    long child = keyOf(0, 0);
    long parent = keyOf(1, 0);
    AtomicBoolean childTried = new AtomicBoolean();
    target.faults(
        new MemoryTarget.Faults() {
          @Override
          public void before(int lane, List<Delivery> deliveries) {
            // The parent's lane is slower than the child's.
            if (lane == 1) {
              try {
                Await.until("the child was tried", childTried::get);
              } catch (Exception failed) {
                throw new AssertionError(failed);
              }
            }
          }

          @Override
          public void after(int lane, List<Delivery> deliveries) {
            childTried.compareAndSet(false, lane == 0);
          }
        });
    hall(parent, "Red", 1);
    seat(child, parent, 2);
    hall(keyOf(2, 0), "Blue", 3);
    delivered();
    assertEquals(1, target.rows(SEAT.schema()).size());
    assertEquals(0, target.units());
    assertTrue(target.order().indexOf(1L) < target.order().indexOf(2L));
  }

  @Test
  void aTransactionWhoseParentsComeLastIsAppliedAsAUnit() throws Exception {
    hall(keyOf(3, 0), "before", 1);
    long parent = keyOf(1, 0);
    journal.append(
        List.of(
            entry(
                2,
                SEAT,
                Operation.CREATE,
                new Key(keyOf(0, 0)),
                null,
                row(SEAT, keyOf(0, 0), parent, "x"),
                2),
            entry(
                3,
                SEAT,
                Operation.CREATE,
                new Key(keyOf(1, 1)),
                null,
                row(SEAT, keyOf(1, 1), parent, "y"),
                2),
            entry(4, HALL, Operation.CREATE, new Key(parent), null, row(HALL, parent, "Red"), 2),
            entry(
                5,
                SEAT,
                Operation.UPDATE,
                new Key(keyOf(0, 0)),
                null,
                row(SEAT, keyOf(0, 0), SAME, "z"),
                3)));
    DeliveryRun run = delivered();
    assertEquals(1, target.units());
    assertEquals(5, run.delivered());
    assertEquals(
        "[" + keyOf(0, 0) + ", " + parent + ", z]",
        target.rows(SEAT.schema()).get("[" + keyOf(0, 0) + "]"));
    assertEquals(2, target.rows(SEAT.schema()).size());
    assertEquals(2, target.rows(HALL.schema()).size());
  }

  @Test
  void aRowWhoseParentAnotherLaneHasRemovedAlreadyMeetsItsOwnEndInLine() throws Exception {
    long parent = keyOf(1, 0);
    long child = keyOf(0, 0);
    hall(parent, "Red", 1);
    seat(child, parent, 2);
    append(SEAT, Operation.DELETE, new Key(child), null, null, 3);
    append(HALL, Operation.DELETE, new Key(parent), null, null, 4);
    hall(keyOf(2, 0), "Blue", 5);
    AtomicBoolean removed = new AtomicBoolean();
    target.faults(
        new MemoryTarget.Faults() {
          @Override
          public void before(int lane, List<Delivery> deliveries) {
            if (lane == 0) {
              try {
                Await.until("the parent came and went", removed::get);
              } catch (Exception failed) {
                throw new AssertionError(failed);
              }
            }
          }

          @Override
          public void after(int lane, List<Delivery> deliveries) {
            boolean gone = deliveries.getLast().operation() == Operation.DELETE;
            removed.compareAndSet(false, lane == 1 && gone);
          }
        });
    delivered();
    assertEquals(Map.of(), target.rows(SEAT.schema()));
    assertEquals(1, target.rows(HALL.schema()).size());
  }

  @Test
  void aTransactionWhoseRestComesLaterIsWaitedFor() throws Exception {
    long parent = keyOf(1, 0);
    seat(keyOf(0, 0), parent, 2);
    DeliveryRun run = start();
    Await.until("the row waits for its parent", () -> run.waiting() == 1);
    assertFalse(run.awaitThrough(1, Duration.ofMillis(20)));
    hall(parent, "Red", 2);
    assertTrue(run.awaitThrough(2, SOON), () -> "ended with " + failure.get());
    assertEquals(1, target.rows(SEAT.schema()).size());
  }

  @Test
  void stopsWithTheCauseWhereTheParentNeverComes() throws Exception {
    parked = parkedBy(new RefusalRules(false, 1, 1));
    seat(1, 99L, 2);
    hall(1, "another", 3);
    UnisonoException stopped = ended(start());
    assertEquals("foreign-key", stopped.problem().code());
    assertEquals(ProblemType.USER, stopped.problem().type());
    assertEquals("systems.shop", stopped.problem().configPath());
    assertEquals(Map.of(), target.rows(SEAT.schema()));
    assertTrue(cursor(lane(1)) < 1);
  }

  @Test
  void stopsWithTheCauseWhereARowIsRefusedAndGoesOnOnceItIsNot() throws Exception {
    long refused = keyOf(0, 1);
    hall(keyOf(0, 0), "a", 1);
    hall(refused, "b", 2);
    hall(keyOf(0, 2), "c", 3);
    target.refuse(new Key(refused));
    parked = parkedBy(new RefusalRules(false, 1, 1));
    DeliveryRun run = start();
    UnisonoException stopped = ended(run);
    assertEquals(1, run.through());
    assertEquals(1, run.delivered());
    assertEquals("refused-by-target", stopped.problem().code());
    assertEquals(ProblemType.USER, stopped.problem().type());
    assertEquals("Fix it.", stopped.problem().remedy());
    assertEquals(1, cursor(0));
    assertEquals(1, target.rows(HALL.schema()).size());
    target.accept(new Key(refused));
    delivered();
    assertEquals(List.of(1L, 2L, 3L), target.order());
  }

  private List<String> parkedTexts() {
    return parked.list(0, 100, false).stream()
        .map(row ->
            row.entity().name()
                + row.key()
                + " "
                + (row.row() == null ? "none" : MemoryTarget.text(row.row()))
                + " @"
                + row.sequence())
        .sorted()
        .toList();
  }

  private void awaitParked(String... rows) throws Exception {
    Await.until(
        List.of(rows) + " are parked, not " + parkedTexts(),
        () -> parkedTexts().equals(List.of(rows)));
  }

  @Test
  void aRefusedRowIsSetAsideAndEverythingElseGoesOn() throws Exception {
    target.refuse(new Key(keyOf(0, 1)));
    hall(keyOf(0, 0), "a", 1);
    hall(keyOf(0, 1), "b", 2);
    hall(keyOf(0, 2), "c", 3);
    delivered();
    assertEquals(List.of(1L, 3L), target.order());
    assertEquals(1, parked.parked());
    ParkedRow row = parked.list(0, 10, false).getFirst();
    assertEquals(new Key(keyOf(0, 1)), row.key());
    assertEquals(2, row.sequence());
    assertEquals("refused-by-target", row.cause().code());
    assertEquals(1, row.attempts());
    assertFalse(row.waits());
  }

  @Test
  void aLaterImageTakesThePlaceOfTheParkedOne() throws Exception {
    target.refuseRows(row -> row.schema() == HALL.schema() && "bad".equals(row.value("name")));
    hall(1, "good", 1);
    hall(1, "bad", 2);
    DeliveryRun run = delivered();
    assertEquals("[1, good]", target.rows(HALL.schema()).get("[1]"));
    hall(1, "better", 3);
    assertTrue(run.awaitThrough(3, SOON));
    assertEquals("[1, better]", target.rows(HALL.schema()).get("[1]"));
    awaitParked();
    assertEquals(List.of(1L, 3L), target.order());
  }

  @Test
  void aPartialImageIsLaidOverTheParkedOne() throws Exception {
    target.refuseRows(row -> row.schema() == SEAT.schema() && "bad".equals(row.value("note")));
    hall(7, "Red", 1);
    seat(1, 7L, 2, "bad");
    append(SEAT, Operation.UPDATE, new Key(1L), null, row(SEAT, 1L, SAME, SAME), 3);
    DeliveryRun run = delivered();
    awaitParked("seat[1] [1, 7, bad] @3");
    append(SEAT, Operation.UPDATE, new Key(1L), null, row(SEAT, 1L, SAME, "good"), 4);
    assertTrue(run.awaitThrough(4, SOON));
    awaitParked();
    assertEquals("[1, 7, good]", target.rows(SEAT.schema()).get("[1]"));
  }

  @Test
  void aDeleteOfAParkedKeyIsDeliveredAndClearsIt() throws Exception {
    target.refuseRows(row -> row.schema() == HALL.schema() && "bad".equals(row.value("name")));
    hall(1, "good", 1);
    hall(1, "bad", 2);
    hall(2, "bad", 3);
    DeliveryRun run = delivered();
    assertEquals(2, parked.parked());
    append(HALL, Operation.DELETE, new Key(1L), null, null, 4);
    append(HALL, Operation.DELETE, new Key(2L), null, null, 5);
    assertTrue(run.awaitThrough(5, SOON));
    awaitParked();
    assertEquals(Map.of(), target.rows(HALL.schema()));
  }

  @Test
  void aTruncateClearsWhatIsParked() throws Exception {
    target.refuse(new Key(1L));
    seat(1, null, 1);
    DeliveryRun run = delivered();
    assertEquals(1, parked.parked());
    append(SEAT, Operation.TRUNCATE, null, null, null, 2);
    assertTrue(run.awaitThrough(2, SOON));
    awaitParked();
  }

  @Test
  void aChildIsSetAsideUntilItsParentArrives() throws Exception {
    long parent = keyOf(1, 0);
    seat(keyOf(0, 0), parent, 2);
    hall(keyOf(2, 0), "another", 3);
    DeliveryRun run = delivered();
    assertEquals(1, parked.parked());
    assertTrue(parked.list(0, 10, false).getFirst().waits());
    long last = hall(parent, "Red", 4);
    assertTrue(run.awaitThrough(last, SOON));
    awaitParked();
    assertEquals(1, target.rows(SEAT.schema()).size());
  }

  @Test
  void whatIsParkedIsTriedAgainAfterAStartAndOnCommand() throws Exception {
    target.refuse(new Key(1L));
    target.refuse(new Key(2L));
    hall(1, "a", 1);
    hall(2, "b", 1);
    delivered().close();
    assertEquals(2, parked.parked());
    target.accept(new Key(1L));
    parked = parkedBy(RefusalRules.standard());
    delivered();
    awaitParked("hall[2] [2, b] @2");
    target.accept(new Key(2L));
    assertEquals(1, parked.retry(null));
    awaitParked();
    assertEquals(2, target.rows(HALL.schema()).size());
  }

  @Test
  void aRejectedValueStaysRejectedUntilANewerOneIsDelivered() throws Exception {
    target.refuse(new Key(1L));
    hall(1, "a", 1);
    DeliveryRun run = delivered();
    long id = parked.list(0, 10, false).getFirst().id();
    assertTrue(parked.reject(id, "a mistake"));
    assertFalse(parked.reject(id, "again"));
    assertEquals(0, parked.parked());
    assertEquals(1, parked.rejected());
    target.accept(new Key(1L));
    assertEquals(0, parked.retry(null));
    hall(2, "b", 2);
    assertTrue(run.awaitThrough(2, SOON));
    run.close();
    parked = parkedBy(RefusalRules.standard());
    DeliveryRun again = delivered();
    assertEquals("a mistake", parked.list(0, 10, true).getFirst().rejected());
    assertEquals(1, target.rows(HALL.schema()).size());
    append(HALL, Operation.READ, new Key(1L), null, row(HALL, 1L, "a"), 0);
    assertTrue(again.awaitThrough(3, SOON));
    assertEquals(1, parked.rejected(), "the same value read again");
    hall(1, "c", 4);
    assertTrue(again.awaitThrough(4, SOON));
    assertEquals(0, parked.rejected());
    assertEquals("[1, c]", target.rows(HALL.schema()).get("[1]"));
  }

  @Test
  void aMovedRowThatIsRefusedIsSetAsideUnderItsNewKeyAndLeavesTheOldOne() throws Exception {
    long from = keyOf(0, 0);
    long to = keyOf(1, 0);
    target.refuseRows(row -> row.schema() == HALL.schema() && "bad".equals(row.value("name")));
    hall(from, "good", 1);
    append(HALL, Operation.UPDATE, new Key(to), new Key(from), row(HALL, to, "bad"), 2);
    delivered();
    awaitParked("hall[" + to + "] [" + to + ", bad] @2");
    assertEquals(Map.of(), target.rows(HALL.schema()));
    target.refuseRows(_ -> false);
    parked.retry(null);
    awaitParked();
    assertEquals(Map.of("[" + to + "]", "[" + to + ", bad]"), target.rows(HALL.schema()));
  }

  @Test
  void aMovedRowOfWhichOnlyAPartCameKeepsTheRest() throws Exception {
    long from = keyOf(0, 0);
    long to = keyOf(1, 0);
    target.refuseRows(row -> row.schema() == SEAT.schema() && "bad".equals(row.value("note")));
    hall(7, "Red", 1);
    seat(from, 7L, 2);
    append(SEAT, Operation.UPDATE, new Key(to), new Key(from), row(SEAT, to, SAME, "bad"), 3);
    delivered();
    Await.until("the old key is gone", () -> target.rows(SEAT.schema()).size() == 1);
    assertEquals("[" + to + ", 7, n" + from + "]", target.rows(SEAT.schema()).get("[" + to + "]"));
    target.refuseRows(_ -> false);
    parked.retry(null);
    awaitParked();
    assertEquals(Map.of("[" + to + "]", "[" + to + ", 7, bad]"), target.rows(SEAT.schema()));
  }

  @Test
  void whatWasParkedButNotPassedBeforeAKillIsParkedOnce() throws Exception {
    target.refuse(new Key(1L));
    hall(1, "a", 1);
    delivered().close();
    assertEquals(0, cursor(lane(1)), "nothing was written that could carry the cursor");
    parked = parkedBy(RefusalRules.standard());
    delivered();
    awaitParked("hall[1] [1, a] @1");
  }

  @Test
  void manyRowsRefusedForOneCauseStopTheTargetAndLoseNothing() throws Exception {
    parked = parkedBy(new RefusalRules(true, 5, 100));
    target.refuseRows(row -> row.schema() == HALL.schema() && "bad".equals(row.value("name")));
    for (long id = 0; id < 20; id++) {
      hall(id, "bad", id);
    }
    UnisonoException stopped = ended(start());
    assertEquals("mass-refusal", stopped.problem().code());
    assertEquals(ProblemType.USER, stopped.problem().type());
    assertEquals(5, parked.parked());
    target.refuseRows(_ -> false);
    parked = parkedBy(new RefusalRules(true, 5, 100));
    delivered();
    awaitParked();
    assertEquals(20, target.rows(HALL.schema()).size());
  }

  @Test
  void aShareOfTheLastDeliveriesStopsTheTargetToo() throws Exception {
    parked = parkedBy(new RefusalRules(true, 1_000, 50));
    target.refuseRows(row -> row.schema() == HALL.schema() && "bad".equals(row.value("name")));
    for (long id = 0; id < 100; id++) {
      hall(id, id % 3 == 0 ? "good" : "bad", id);
    }
    assertEquals("mass-refusal", ended(start()).problem().code());
    assertTrue(parked.parked() >= 18 && parked.parked() < 66, () -> "parked " + parked.parked());
  }

  @Test
  void valuesThatChangePlacesBetweenLanesArriveInTheEnd() throws Exception {
    target.unique(HALL.schema(), "name");
    long one = keyOf(0, 0);
    long two = keyOf(1, 0);
    hall(one, "a", 1);
    hall(two, "b", 1);
    journal.append(
        List.of(
            entry(3, HALL, Operation.UPDATE, new Key(one), null, row(HALL, one, "b"), 2),
            entry(4, HALL, Operation.UPDATE, new Key(two), null, row(HALL, two, "a"), 2)));
    append(HALL, Operation.UPDATE, new Key(two), null, row(HALL, two, null), 3);
    append(HALL, Operation.UPDATE, new Key(one), null, row(HALL, one, "a"), 4);
    append(HALL, Operation.UPDATE, new Key(two), null, row(HALL, two, "b"), 5);
    delivered();
    awaitParked();
    assertEquals(
        Map.of("[" + one + "]", "[" + one + ", a]", "[" + two + "]", "[" + two + ", b]"),
        target.rows(HALL.schema()));
  }

  /** Two rows of different lanes, each parked since the other has its value. */
  private void parkASwap(long one, long two) throws Exception {
    target.unique(HALL.schema(), "name");
    hall(one, "a", 1);
    hall(two, "b", 1);
    delivered();
    target.refuse(new Key(one));
    append(HALL, Operation.UPDATE, new Key(one), null, row(HALL, one, "b"), 2);
    long last = append(HALL, Operation.UPDATE, new Key(two), null, row(HALL, two, "a"), 2);
    assertTrue(runs.getLast().awaitThrough(last, SOON));
    target.accept(new Key(one));
  }

  private void assertSwapped(long one, long two) {
    Map<String, String> rows = target.rows(HALL.schema());
    assertEquals("[" + one + ", b]", rows.get("[" + one + "]"));
    assertEquals("[" + two + ", a]", rows.get("[" + two + "]"));
  }

  @Test
  void parkedRowsThatWaitForEachOthersValuesAreWrittenTogether() throws Exception {
    parkASwap(keyOf(0, 0), keyOf(1, 0));
    parked.retry(null);
    awaitParked();
    assertSwapped(keyOf(0, 0), keyOf(1, 0));
  }

  @Test
  void whatWasWrittenTogetherIsNotUndoneByWhatIsRepeatedAfterAKill() throws Exception {
    long one = keyOf(0, 0);
    long two = keyOf(1, 0);
    target.unique(HALL.schema(), "name");
    hall(one, "a", 1);
    hall(two, "b", 1);
    delivered();
    target.refuse(new Key(one));
    target.refuse(new Key(two));
    append(HALL, Operation.UPDATE, new Key(two), null, row(HALL, two, "a"), 2);
    // An older image, which nothing but the parked one stands for by then.
    append(HALL, Operation.UPDATE, new Key(one), null, row(HALL, one, "c"), 3);
    long last = append(HALL, Operation.UPDATE, new Key(one), null, row(HALL, one, "b"), 4);
    assertTrue(runs.getLast().awaitThrough(last, SOON));
    target.accept(new Key(one));
    target.accept(new Key(two));
    parked.retry(null);
    awaitParked();
    runs.getLast().close();
    parked = parkedBy(RefusalRules.standard());
    delivered();
    assertSwapped(one, two);
  }

  @Test
  void parkedRowsThatWaitForEachOtherAreWrittenThoughAnotherWaitsInVain() throws Exception {
    long stray = keyOf(2, 0);
    target.hold(HALL.schema(), new Key(keyOf(3, 0)), row(HALL, keyOf(3, 0), "theirs"));
    target.unique(HALL.schema(), "name");
    hall(stray, "theirs", 1);
    parkASwap(keyOf(0, 0), keyOf(1, 0));
    parked.retry(null);
    awaitParked("hall[" + stray + "] [" + stray + ", theirs] @1");
    assertSwapped(keyOf(0, 0), keyOf(1, 0));
  }

  @Test
  void cursorsOfAnotherEpochMeanEverythingAnewWhereTheJournalIsWhole() throws Exception {
    target.place(0, new LaneCursor(EPOCH - 1, 500));
    target.place(1, new LaneCursor(EPOCH, 3));
    for (long id = 0; id < 20; id++) {
      hall(id, "h", id);
    }
    delivered();
    assertEquals(20, target.rows(HALL.schema()).size());
  }

  /** Everything before the head is passed over with a note, and what comes later is delivered. */
  private void passesOver(String cause) throws Exception {
    long head = journal.head().sequence();
    DeliveryRun run = start();
    assertEquals(cause, Objects.requireNonNull(run.repairCause()).code());
    assertEquals(new LaneCursor(EPOCH, head), run.repairing());
    assertEquals(Optional.of(new LaneCursor(EPOCH, head)), target.repairing());
    for (int lane = 0; lane < LANES; lane++) {
      assertEquals(new LaneCursor(EPOCH, head), target.cursor(lane));
    }
    hall(1_000, "later", 9);
    delivered();
    assertEquals(Set.of("[1000]"), target.rows(HALL.schema()).keySet());
  }

  @Test
  void cursorsBeyondTheJournalAreOfAnother() throws Exception {
    target.place(0, new LaneCursor(EPOCH, 500));
    hall(keyOf(1, 0), "h", 1);
    journal.dropThrough(1);
    passesOver("target-of-another-epoch");
  }

  @Test
  void cursorsOfAnotherEpochArePassedOverWhereTheJournalBeginsLater() throws Exception {
    target.place(2, new LaneCursor(EPOCH + 1, 1));
    hall(1, "h", 1);
    hall(2, "h", 1);
    journal.dropThrough(1);
    passesOver("target-of-another-epoch");
  }

  @Test
  void aTargetBehindTheJournalPassesOverTheGap() throws Exception {
    for (int lane = 0; lane < LANES; lane++) {
      target.place(lane, new LaneCursor(EPOCH, lane == 2 ? 1 : 3));
    }
    for (long id = 0; id < 5; id++) {
      hall(id, "h", id);
    }
    journal.dropThrough(2);
    passesOver("gap");
  }

  @Test
  void theNoteOfARepairOutlivesTheRunAndTheJournal() throws Exception {
    hall(1, "h", 1);
    target.beginRepair(new LaneCursor(EPOCH, 1));
    DeliveryRun run = delivered();
    assertEquals(new LaneCursor(EPOCH, 1), run.repairing());
    assertNull(run.repairCause());
    run.close();
    target.beginRepair(new LaneCursor(EPOCH - 1, 70));
    hall(2, "h", 1);
    run = delivered();
    assertEquals(new LaneCursor(EPOCH, 2), run.repairing());
  }

  @Test
  void aTargetThatIsOnlyBehindJustGoesOn() throws Exception {
    for (int lane = 0; lane < LANES; lane++) {
      target.place(lane, new LaneCursor(EPOCH, 2));
    }
    for (long id = 0; id < 5; id++) {
      hall(id, "h", id);
    }
    journal.dropThrough(2);
    assertNull(delivered().repairing());
    assertEquals(3, target.rows(HALL.schema()).size());
  }

  @Test
  void aUnitIsNotRepeatedOverWhatCameAfterIt() throws Exception {
    long parent = keyOf(1, 0);
    long sibling = keyOf(1, 1);
    long child = keyOf(0, 0);
    long moved = keyOf(2, 0);
    Row childRow = row(SEAT, child, parent, "x");
    Row siblingRow = row(SEAT, sibling, parent, "x");
    Row movedRow = row(SEAT, moved, SAME, SAME);
    journal.append(
        List.of(
            entry(1, SEAT, Operation.CREATE, new Key(sibling), null, siblingRow, 2),
            entry(2, SEAT, Operation.CREATE, new Key(child), null, childRow, 2),
            entry(3, HALL, Operation.CREATE, new Key(parent), null, row(HALL, parent, "Red"), 2),
            entry(4, SEAT, Operation.UPDATE, new Key(moved), new Key(child), movedRow, 3)));
    delivered().close();
    assertEquals(1, target.units());
    delivered();
    assertEquals(
        Map.of(
            "[" + sibling + "]", "[" + sibling + ", " + parent + ", x]",
            "[" + moved + "]", "[" + moved + ", " + parent + ", x]"),
        target.rows(SEAT.schema()));
  }

  @Test
  void aParentsMovedKeyTakesItsChildrenAlongInOneTransaction() throws Exception {
    long from = keyOf(0, 0);
    long to = keyOf(1, 0);
    hall(from, "Red", 1);
    seat(keyOf(2, 0), from, 1);
    journal.append(
        List.of(
            entry(3, HALL, Operation.UPDATE, new Key(to), new Key(from), row(HALL, to, SAME), 2),
            entry(
                4,
                SEAT,
                Operation.UPDATE,
                new Key(keyOf(2, 0)),
                null,
                row(SEAT, keyOf(2, 0), to, SAME),
                2)));
    delivered();
    assertEquals(Map.of("[" + to + "]", "[" + to + ", Red]"), target.rows(HALL.schema()));
  }

  @Test
  void aFailureThatMayPassKeepsItsType() throws Exception {
    hall(1, "h", 1);
    target.faults(
        new MemoryTarget.Faults() {
          @Override
          public void before(int lane, List<Delivery> deliveries) {
            throw new UnisonoException(
                new Problem("out-of-resources", ProblemType.RESOURCES, "full", null, ""));
          }
        });
    Problem problem = ended(start()).problem();
    assertEquals("out-of-resources", problem.code());
    assertTrue(problem.type().retryable());
  }
}
