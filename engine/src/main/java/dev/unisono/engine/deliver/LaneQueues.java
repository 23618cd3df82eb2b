package dev.unisono.engine.deliver;

import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way to one target: a queue for each lane, bounded in bytes (invariant 7), and what
 * each lane is doing. The dispatcher puts, each lane's thread takes; all of it under one lock, with
 * nothing slow inside. Safe for threads.
 */
final class LaneQueues {
  /** A delivery in line, with what the dispatcher wants to know of it. */
  record Item(Delivery delivery, String origin, int sizeBytes) {
    boolean sameTransaction(Item other) {
      return delivery.transaction() != 0
          && delivery.transaction() == other.delivery.transaction()
          && origin.equals(other.origin);
    }
  }

  /** When each lane has rows to try again that were set aside. */
  interface Retries {
    /**
     * How long until then; 0 or less where it is now, {@link Long#MAX_VALUE} where never.
     *
     * @param reached all of the lane's own up to here is applied or set aside
     */
    long nanosUntilDue(int lane, long reached);
  }

  private static final class LaneState {
    final ArrayDeque<Item> queue = new ArrayDeque<>();
    long queuedBytes;

    /** The last that was applied or set aside from the head of its line. */
    long passed;

    boolean busy;

    /** So many wait for it to be between two batches: it begins none. */
    int wanted;

    /** Why the first in line could not be applied yet; it waits for other lanes. */
    DeliveryOutcome.@Nullable Waiting waiting;

    /** It has failed again with all other lanes beyond it. */
    boolean stuck;
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final LaneState[] lanes;
  private final SystemLimits limits;

  /** Everything up to here was put in line, or concerns no lane. */
  private long dispatched;

  private long delivered;

  /** The journal's head, as last heard of. */
  private long news;

  private boolean closed;
  private @Nullable RuntimeException failure;
  private Retries retries = (_, _) -> Long.MAX_VALUE;

  /** The dispatcher is at work where nothing moves: no lane begins anything by itself. */
  private boolean held;

  LaneQueues(int lanes, long dispatched, SystemLimits limits) {
    this.limits = limits;
    this.lanes = new LaneState[lanes];
    for (int i = 0; i < lanes; i++) {
      this.lanes[i] = new LaneState();
    }
    this.dispatched = dispatched;
  }

  void retryBy(Retries now) {
    lock.lock();
    try {
      retries = now;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What is to be tried again may have changed. */
  void wake() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Puts items in line; waits while their lane is full. False where the lanes cannot go on. */
  boolean put(int lane, Item item) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      LaneState state = lanes[lane];
      dispatched = item.delivery().sequence() - 1;
      wakeWaiting();
      while (state.queuedBytes > limits.writeBufferBytes()) {
        throwFailure();
        if (quiescentInternal()) {
          held = true;
          return false;
        }
        changed.await();
      }
      throwFailure();
      state.queue.addLast(item);
      state.queuedBytes += item.sizeBytes();
      if (state.queue.size() == 1) {
        changed.signalAll();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** A lane that waits may have been passed by one that has nothing to do. */
  private void wakeWaiting() {
    for (LaneState state : lanes) {
      if (state.waiting != null && !state.stuck) {
        changed.signalAll();
        return;
      }
    }
  }

  /** The dispatcher has been through the journal up to here. */
  void dispatched(long sequence) {
    lock.lock();
    try {
      dispatched = sequence;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * For a lane's thread: what to apply next; empty where something is to be tried again before
   * that, then {@link #release} is the answer; waits for either; null at the end.
   */
  @Nullable List<Item> take(int lane) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      LaneState state = lanes[lane];
      while (!closed) {
        boolean kept = state.busy || state.wanted > 0;
        long untilRetryNanos =
            held || kept ? Long.MAX_VALUE : retries.nanosUntilDue(lane, reachedBy(lane));
        if (untilRetryNanos <= 0) {
          state.busy = true;
          return List.of();
        }
        if (!state.queue.isEmpty() && !kept && !mustWait(lane)) {
          break;
        }
        if (untilRetryNanos == Long.MAX_VALUE) {
          changed.await();
        } else {
          changed.awaitNanos(untilRetryNanos);
        }
      }
      if (closed) {
        return null;
      }
      List<Item> batch = new ArrayList<>();
      long bytes = 0;
      for (Iterator<Item> items = state.queue.iterator();
          items.hasNext()
              && batch.size() < limits.writeBatch()
              && bytes < limits.writeBatchBytes(); ) {
        Item item = items.next();
        batch.add(item);
        bytes += item.sizeBytes();
      }
      state.busy = true;
      return batch;
    } finally {
      lock.unlock();
    }
  }

  /** A lane that waits is tried again once every other lane has passed its first in line. */
  private boolean mustWait(int lane) {
    LaneState state = lanes[lane];
    if (state.waiting == null) {
      return false;
    }
    Item first = state.queue.peekFirst();
    return state.stuck || first == null || !othersPassed(lane, first.delivery().sequence());
  }

  private boolean othersPassed(int lane, long sequence) {
    for (int i = 0; i < lanes.length; i++) {
      if (i != lane && through(i) < sequence) {
        return false;
      }
    }
    return true;
  }

  /** All of a lane's own up to here is applied or set aside. */
  long reached(int lane) {
    lock.lock();
    try {
      return reachedBy(lane);
    } finally {
      lock.unlock();
    }
  }

  /** Not less than its cursor in the target says, also before it is told that more is in line. */
  private long reachedBy(int lane) {
    return Math.max(through(lane), lanes[lane].passed);
  }

  private long through(int lane) {
    Item first = lanes[lane].queue.peekFirst();
    return first == null ? dispatched : first.delivery().sequence() - 1;
  }

  /** What became of a batch: so many applied, and perhaps the next one waits. */
  void done(int lane, int applied, DeliveryOutcome.@Nullable Waiting waiting) {
    done(lane, applied, 0, waiting);
  }

  /** As the other one; the next so many were set aside. */
  void done(int lane, int applied, int setAside, DeliveryOutcome.@Nullable Waiting waiting) {
    lock.lock();
    try {
      LaneState state = lanes[lane];
      removeFirst(state, applied + setAside);
      delivered += applied;
      Item first = state.queue.peekFirst();
      state.stuck =
          waiting != null
              && first != null
              && applied + setAside == 0
              && othersPassed(lane, first.delivery().sequence());
      state.waiting = waiting;
      state.busy = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** So many of a batch are applied; with the next one the lane fails, and does nothing more. */
  void doneBeforeFailure(int lane, int applied) {
    lock.lock();
    try {
      removeFirst(lanes[lane], applied);
      delivered += applied;
    } finally {
      lock.unlock();
    }
  }

  private static void removeFirst(LaneState state, int number) {
    for (int i = 0; i < number; i++) {
      Item item = state.queue.removeFirst();
      state.queuedBytes -= item.sizeBytes();
      state.passed = item.delivery().sequence();
    }
  }

  /** Ends everything with the reason. */
  void fail(RuntimeException reason) {
    lock.lock();
    try {
      if (failure == null) {
        failure = reason;
      }
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void throwFailure() {
    if (failure != null) {
      throw failure;
    }
  }

  /**
   * For the dispatcher: waits until there is something for it to do.
   *
   * @return true where nothing can move but some lane is stuck; false when there may be more in the
   *     journal, or the time is over
   */
  boolean awaitWork(long head, long atMostMillis) throws InterruptedException {
    long leftNanos = TimeUnit.MILLISECONDS.toNanos(atMostMillis);
    lock.lockInterruptibly();
    try {
      while (true) {
        throwFailure();
        if (quiescentInternal()) {
          held = true;
          return true;
        }
        if (news > head || leftNanos <= 0) {
          return false;
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
    } finally {
      lock.unlock();
    }
  }

  /** The journal has grown. */
  void news(long head) {
    lock.lock();
    try {
      news = head;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until every lane is empty and idle; false where it cannot come to that by itself. Either
   * way all lanes are held afterwards.
   */
  boolean awaitDrained() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (true) {
        throwFailure();
        if (allIdle()) {
          held = true;
          return true;
        }
        if (quiescentInternal()) {
          held = true;
          return false;
        }
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The lanes may go on by themselves. */
  void letGo() {
    lock.lock();
    try {
      held = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean allIdle() {
    for (LaneState lane : lanes) {
      if (lane.busy || !lane.queue.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** No lane runs or can run, and at least one is stuck. */
  private boolean quiescentInternal() {
    boolean stuck = false;
    for (int i = 0; i < lanes.length; i++) {
      LaneState lane = lanes[i];
      if (lane.busy || (!lane.queue.isEmpty() && !mustWait(i))) {
        return false;
      }
      stuck |= lane.stuck;
    }
    return stuck;
  }

  /** What is stuck first in the journal's order: its lane, its whole transaction, its cause. */
  record Stuck(int lane, List<Item> unit, DeliveryOutcome.Waiting cause) {
    Item first() {
      return unit.getFirst();
    }
  }

  /** To be asked only while nothing can move. */
  Stuck stuck() {
    lock.lock();
    try {
      int lane = -1;
      for (int i = 0; i < lanes.length; i++) {
        if (lanes[i].stuck && (lane < 0 || through(i) < through(lane))) {
          lane = i;
        }
      }
      Item first = lane < 0 ? null : lanes[lane].queue.peekFirst();
      DeliveryOutcome.Waiting cause = lane < 0 ? null : lanes[lane].waiting;
      if (first == null || cause == null) {
        throw new IllegalStateException("no lane is stuck");
      }
      List<Item> unit = new ArrayList<>();
      for (LaneState state : lanes) {
        for (Item item : state.queue) {
          if (item.delivery().sequence() == first.delivery().sequence()
              || item.sameTransaction(first)) {
            unit.add(item);
          }
        }
      }
      unit.sort((a, b) -> Long.compare(a.delivery().sequence(), b.delivery().sequence()));
      return new Stuck(lane, unit, cause);
    } finally {
      lock.unlock();
    }
  }

  /** Everything up to here was put in line, or concerns no lane. */
  long dispatched() {
    lock.lock();
    try {
      return dispatched;
    } finally {
      lock.unlock();
    }
  }

  /** To be asked only while nothing can move: all that is in line for one lane. */
  List<Item> inLine(int lane) {
    lock.lock();
    try {
      return List.copyOf(lanes[lane].queue);
    } finally {
      lock.unlock();
    }
  }

  /** To be asked only while nothing can move: all that is in line, in the journal's order. */
  List<Item> inLine() {
    lock.lock();
    try {
      List<Item> all = new ArrayList<>();
      for (LaneState state : lanes) {
        all.addAll(state.queue);
      }
      all.sort((a, b) -> Long.compare(a.delivery().sequence(), b.delivery().sequence()));
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** These were applied as a unit: they are no longer in line, and the lanes go on. */
  void applied(List<Item> unit) {
    remove(unit, unit.size());
  }

  /** This was set aside: it is no longer in line, and the lanes go on. */
  void setAside(Item item) {
    remove(List.of(item), 0);
  }

  private void remove(List<Item> unit, int applied) {
    Set<Long> sequences = new HashSet<>();
    unit.forEach(item -> sequences.add(item.delivery().sequence()));
    lock.lock();
    try {
      for (LaneState state : lanes) {
        for (Iterator<Item> items = state.queue.iterator(); items.hasNext(); ) {
          Item item = items.next();
          if (sequences.contains(item.delivery().sequence())) {
            items.remove();
            state.queuedBytes -= item.sizeBytes();
          }
        }
        state.waiting = null;
        state.stuck = false;
      }
      delivered += applied;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Deliveries made by the dispatcher itself, with all lanes drained. */
  void deliveredBetween(int number) {
    lock.lock();
    try {
      delivered += number;
    } finally {
      lock.unlock();
    }
  }

  /** A lane that has nothing to do, reserved for the dispatcher; false where it has. */
  boolean reserve(int lane) {
    lock.lock();
    try {
      if (lanes[lane].busy || !lanes[lane].queue.isEmpty()) {
        return false;
      }
      lanes[lane].busy = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until some lanes are all between two batches, and keeps them there until each is
   * released.
   *
   * @return false where that takes too long, or comes to its end
   */
  boolean reserveBetween(Set<Integer> numbers, long atMostNanos) throws InterruptedException {
    long leftNanos = atMostNanos;
    lock.lockInterruptibly();
    try {
      numbers.forEach(number -> lanes[number].wanted++);
      while (!closed && leftNanos > 0) {
        if (!held && numbers.stream().noneMatch(number -> lanes[number].busy)) {
          numbers.forEach(number -> lanes[number].busy = true);
          return true;
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      return false;
    } finally {
      numbers.forEach(number -> lanes[number].wanted--);
      changed.signalAll();
      lock.unlock();
    }
  }

  void release(int lane) {
    lock.lock();
    try {
      lanes[lane].busy = false;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Everything up to here is delivered by every lane. */
  long through() {
    lock.lock();
    try {
      return throughAll();
    } finally {
      lock.unlock();
    }
  }

  private long throughAll() {
    long least = dispatched;
    for (int i = 0; i < lanes.length; i++) {
      least = Math.min(least, through(i));
    }
    return least;
  }

  boolean awaitThrough(long sequence, long atMostNanos) throws InterruptedException {
    long leftNanos = atMostNanos;
    lock.lockInterruptibly();
    try {
      while (throughAll() < sequence) {
        if (closed || leftNanos <= 0) {
          return false;
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  long delivered() {
    lock.lock();
    try {
      return delivered;
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      int waiting = 0;
      for (LaneState lane : lanes) {
        waiting += lane.waiting == null ? 0 : 1;
      }
      return waiting;
    } finally {
      lock.unlock();
    }
  }

  /** The time of the oldest change in line; null where none is. */
  @Nullable Instant oldest() {
    lock.lock();
    try {
      Instant oldest = null;
      for (LaneState lane : lanes) {
        Item first = lane.queue.peekFirst();
        if (first != null && (oldest == null || first.delivery().sourceTime().isBefore(oldest))) {
          oldest = first.delivery().sourceTime();
        }
      }
      return oldest;
    } finally {
      lock.unlock();
    }
  }
}
