package dev.unisono.engine.deliver;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.deliver.LaneQueues.Item;
import dev.unisono.engine.fixture.Await;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class LaneQueuesTest {
  private static final Binding BINDING =
      binding(entity(1, "person", List.of("id LONG"), List.of("id")));
  private static final DeliveryOutcome.Waiting CAUSE =
      new DeliveryOutcome.Waiting(
          0,
          new Problem("foreign-key", ProblemType.TRANSIENT, "no parent", null, ""),
          "constraint parent");
  private static final int HALF_A_QUEUE_BYTES = 3 << 20;
  private static final long SOON_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final LaneQueues queues = new LaneQueues(2, 0, SystemLimits.standard());

  private static Item item(long sequence, int sizeBytes, long transaction, String origin) {
    return new Item(
        new Delivery(
            sequence,
            BINDING,
            Operation.CREATE,
            new Key(sequence),
            null,
            null,
            transaction,
            Instant.ofEpochSecond(sequence)),
        origin,
        sizeBytes);
  }

  private static Item item(long sequence) {
    return item(sequence, 100, 0, "crm");
  }

  private static List<Long> sequences(@Nullable List<Item> items) {
    return items == null
        ? List.of()
        : items.stream().map(item -> item.delivery().sequence()).toList();
  }

  /** Starts something that blocks, and returns once it does. */
  private static <T extends @Nullable Object> FutureTask<T> blocked(Callable<T> callable)
      throws Exception {
    FutureTask<T> task = new FutureTask<>(callable);
    Thread thread = Thread.ofPlatform().daemon().name("blocked").start(task);
    Await.untilBlocked(thread);
    assertFalse(task.isDone(), "it should wait");
    return task;
  }

  private static <T extends @Nullable Object> T soon(FutureTask<T> task) throws Exception {
    return task.get(20, TimeUnit.SECONDS);
  }

  @Test
  void aLaneTakesItsOwnInOrderAndOnceDoneNeverAgain() throws Exception {
    queues.put(0, item(1));
    queues.put(1, item(2));
    queues.put(0, item(3));
    assertEquals(List.of(1L, 3L), sequences(queues.take(0)));
    assertEquals(List.of(2L), sequences(queues.take(1)));
    queues.done(0, 2, null);
    queues.put(0, item(4));
    assertEquals(List.of(4L), sequences(queues.take(0)));
  }

  @Test
  void whatWasNotAppliedIsTakenAgain() throws Exception {
    for (long sequence = 1; sequence <= 4; sequence++) {
      queues.put(0, item(sequence));
    }
    queues.dispatched(4);
    queues.take(0);
    queues.done(0, 2, CAUSE);
    assertEquals(1, queues.waiting());
    assertEquals(List.of(3L, 4L), sequences(queues.take(0)));
  }

  @Test
  void aBatchIsBoundedInNumberAndBytes() throws Exception {
    for (long sequence = 1; sequence <= 1_500; sequence++) {
      queues.put(0, item(sequence));
    }
    assertEquals(1_000, sequences(queues.take(0)).size());
    for (long sequence = 1_501; sequence <= 1_503; sequence++) {
      queues.put(1, item(sequence, 1 << 20, 0, "crm"));
    }
    assertEquals(List.of(1_501L), sequences(queues.take(1)));
  }

  @Test
  void whoeverPutsIntoAFullLaneWaitsForItAlone() throws Exception {
    queues.put(0, item(1, HALF_A_QUEUE_BYTES, 0, "crm"));
    queues.put(0, item(2, HALF_A_QUEUE_BYTES, 0, "crm"));
    queues.put(1, item(3));
    FutureTask<Boolean> put = blocked(() -> queues.put(0, item(4)));
    queues.take(0);
    queues.done(0, 1, null);
    assertTrue(soon(put));
  }

  @Test
  void whatTheConfigAllowsIsInLineAndInABatch() throws Exception {
    LaneQueues small = new LaneQueues(1, 0, new SystemLimits(1 << 20, 3, 250, 450));
    for (long sequence = 1; sequence <= 5; sequence++) {
      small.put(0, item(sequence));
    }
    FutureTask<Boolean> put = blocked(() -> small.put(0, item(6, 300, 0, "crm")));
    assertEquals(List.of(1L, 2L, 3L), sequences(small.take(0)));
    small.done(0, 3, null);
    assertTrue(soon(put));
    assertEquals(List.of(4L, 5L, 6L), sequences(small.take(0)));
    small.done(0, 2, null);
    small.put(0, item(7));
    assertEquals(List.of(6L), sequences(small.take(0)));
  }

  /** Its cursor in the target says so, and what is tried again must not put that back. */
  @Test
  void aLaneHasReachedWhatItHasWritten() throws Exception {
    queues.put(0, item(5));
    assertEquals(4, queues.reached(0));
    queues.take(0);
    queues.done(0, 1, null);
    assertEquals(5, queues.reached(0));
  }

  @Test
  void everythingBeforeTheFirstInLineIsThrough() throws Exception {
    assertEquals(0, queues.through());
    queues.put(0, item(5));
    queues.put(1, item(8));
    queues.dispatched(9);
    assertEquals(4, queues.through());
    assertEquals(Instant.ofEpochSecond(5), queues.oldest());
    queues.take(0);
    queues.done(0, 1, null);
    assertEquals(7, queues.through());
    FutureTask<Boolean> through = blocked(() -> queues.awaitThrough(9, SOON_NANOS));
    queues.take(1);
    queues.done(1, 1, null);
    assertTrue(soon(through));
    assertEquals(2, queues.delivered());
    assertNull(queues.oldest());
    assertFalse(queues.awaitThrough(10, 0));
  }

  @Test
  void aWaitingLaneIsTriedAgainOnceTheOthersHavePassedIt() throws Exception {
    queues.put(1, item(1));
    queues.put(0, item(2));
    queues.put(1, item(3));
    queues.take(0);
    queues.done(0, 0, CAUSE);
    FutureTask<@Nullable List<Item>> again = blocked(() -> queues.take(0));
    queues.take(1);
    queues.done(1, 1, null);
    assertEquals(List.of(2L), sequences(soon(again)));
  }

  @Test
  void aWaitingLaneIsTriedAgainWhenOnlyItsOwnLineGrows() throws Exception {
    queues.put(0, item(1));
    queues.take(0);
    queues.done(0, 0, CAUSE);
    FutureTask<@Nullable List<Item>> again = blocked(() -> queues.take(0));
    // The other lane is idle and has nothing up to here: the first in line was passed.
    queues.put(0, item(2));
    assertEquals(List.of(1L, 2L), sequences(soon(again)));
  }

  @Test
  void aLaneThatFailsBeyondAllOthersIsStuckWithItsWholeTransaction() throws Exception {
    queues.put(0, item(1, 100, 7, "crm"));
    queues.put(1, item(2, 100, 7, "crm"));
    queues.put(1, item(3, 100, 7, "shop"));
    queues.put(1, item(4, 100, 8, "crm"));
    queues.put(0, item(5, 100, 7, "crm"));
    queues.dispatched(5);
    queues.take(0);
    queues.take(1);
    queues.done(1, 0, CAUSE);
    assertFalse(queues.awaitWork(5, 0));
    queues.done(0, 0, CAUSE);
    assertTrue(queues.awaitWork(5, 20_000));
    LaneQueues.Stuck stuck = queues.stuck();
    assertEquals(0, stuck.lane());
    assertEquals(List.of(1L, 2L, 5L), sequences(stuck.unit()));
    assertEquals(CAUSE, stuck.cause());
    queues.applied(stuck.unit());
    assertEquals(0, queues.waiting());
    assertEquals(3, queues.delivered());
    assertEquals(2, queues.through());
    assertEquals(List.of(3L, 4L), sequences(queues.take(1)));
    queues.done(1, 2, null);
    assertEquals(5, queues.through());
  }

  @Test
  void withoutATransactionTheStuckOneIsTriedAlone() throws Exception {
    queues.put(0, item(1));
    queues.put(0, item(2));
    queues.dispatched(2);
    queues.take(0);
    queues.done(0, 0, CAUSE);
    assertEquals(List.of(1L), sequences(queues.stuck().unit()));
  }

  @Test
  void fullLanesThatCannotMoveAreSaidToTheirDispatcher() throws Exception {
    queues.put(0, item(1, HALF_A_QUEUE_BYTES, 0, "crm"));
    queues.put(0, item(2, HALF_A_QUEUE_BYTES, 0, "crm"));
    queues.dispatched(2);
    queues.take(0);
    queues.done(0, 0, CAUSE);
    assertFalse(queues.put(0, item(3)));
    assertFalse(queues.awaitDrained());
    assertTrue(queues.awaitWork(2, 20_000));
    queues.applied(queues.stuck().unit());
    assertTrue(queues.put(0, item(3)));
  }

  @Test
  void drainedMeansEmptyAndIdle() throws Exception {
    assertTrue(queues.awaitDrained());
    queues.put(0, item(1));
    FutureTask<Boolean> drained = blocked(queues::awaitDrained);
    queues.take(0);
    queues.done(0, 1, null);
    assertTrue(soon(drained));
  }

  @Test
  void aReservedLaneTakesNothingUntilItIsReleased() throws Exception {
    assertTrue(queues.reserve(0));
    assertFalse(queues.reserve(0));
    queues.put(0, item(1));
    FutureTask<@Nullable List<Item>> take = blocked(() -> queues.take(0));
    queues.release(0);
    assertEquals(List.of(1L), sequences(soon(take)));
    assertFalse(queues.reserve(0));
    queues.put(1, item(2));
    assertFalse(queues.reserve(1));
  }

  @Test
  void newsAndTimeWakeTheDispatcher() throws Exception {
    FutureTask<Boolean> work = blocked(() -> queues.awaitWork(5, 20_000));
    queues.news(5);
    assertFalse(work.isDone());
    queues.news(6);
    assertFalse(soon(work));
    assertFalse(queues.awaitWork(6, 0));
  }

  @Test
  void oneFailureEndsEverythingWithItsReason() throws Exception {
    IllegalStateException reason = new IllegalStateException("first");
    FutureTask<@Nullable List<Item>> take = blocked(() -> queues.take(1));
    FutureTask<Boolean> through = blocked(() -> queues.awaitThrough(1, SOON_NANOS));
    queues.put(0, item(1));
    queues.fail(reason);
    queues.fail(new IllegalStateException("second"));
    assertNull(soon(take));
    assertFalse(soon(through));
    assertSame(reason, assertThrows(IllegalStateException.class, () -> queues.put(0, item(2))));
    assertSame(
        reason, assertThrows(IllegalStateException.class, () -> queues.awaitWork(0, 20_000)));
    assertSame(reason, assertThrows(IllegalStateException.class, queues::awaitDrained));
  }
}
