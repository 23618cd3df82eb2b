package dev.unisono.webhook;

import dev.unisono.spi.Change;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Where those who bring something meet the source that hands it over: a bounded queue, and the ids
 * of what was taken lately. Safe for threads.
 */
final class Inbox {
  private static final int MOST_IN_LINE = 1_000;

  /** The oldest are forgotten first. */
  private static final int MOST_IDS = 50_000;

  private final String system;
  private final Duration remember;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition brought = lock.newCondition();
  private final Deque<Delivery> line = new ArrayDeque<>();

  /** By id what is in line, or not yet durable. */
  private final Map<String, Delivery> underWay = new HashMap<>();

  /** By id when it was taken, the oldest first. */
  private final LinkedHashMap<String, Long> taken = new LinkedHashMap<>();

  private boolean open;

  Inbox(String system, Duration remember) {
    this.system = system;
    this.remember = remember;
  }

  /** What was brought at once. */
  static final class Delivery {
    private final @Nullable String id;
    private final List<Change> changes;
    private final long sizeBytes;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean durable;

    /**
     * @param id null where it has none
     */
    Delivery(@Nullable String id, List<Change> changes, long sizeBytes) {
      this.id = id;
      this.changes = changes;
      this.sizeBytes = sizeBytes;
    }

    @Nullable String id() {
      return id;
    }

    List<Change> changes() {
      return changes;
    }

    long sizeBytes() {
      return sizeBytes;
    }
  }

  /**
   * Puts something in line and waits until it is durable.
   *
   * @return false where the same was taken before
   * @throws dev.unisono.spi.UnisonoException not-receiving, receive-timeout
   */
  boolean take(Delivery delivery, Duration atMost) throws InterruptedException {
    Delivery awaited = delivery;
    lock.lock();
    try {
      if (!open) {
        throw Problems.notRunning(system);
      }
      String id = delivery.id;
      if (id != null && taken.containsKey(id)) {
        return false;
      }
      Delivery same = id == null ? null : underWay.get(id);
      if (same != null) {
        awaited = same;
      } else {
        if (line.size() >= MOST_IN_LINE) {
          throw Problems.busy();
        }
        if (id != null) {
          underWay.put(id, delivery);
        }
        line.add(delivery);
        brought.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (!awaited.ended.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
      throw Problems.busy();
    }
    if (!awaited.durable) {
      throw Problems.notRunning(system);
    }
    return awaited == delivery;
  }

  /** A source begins; what it remembers is what is durable. */
  void open(Map<String, Long> ids) {
    lock.lock();
    try {
      taken.clear();
      ids.entrySet().stream()
          .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
          .forEach(each -> taken.put(each.getKey(), each.getValue()));
      open = true;
    } finally {
      lock.unlock();
    }
  }

  /** What is in line next, some of it; waits until there is something. */
  List<Delivery> next(int atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (line.isEmpty()) {
        brought.await();
      }
      List<Delivery> next = new ArrayList<>();
      while (next.size() < atMost && !line.isEmpty()) {
        next.add(line.remove());
      }
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** The ids that need not be remembered any more once so many more are. */
  List<String> forgettable(Instant now, int more) {
    lock.lock();
    try {
      List<String> old = new ArrayList<>();
      long before = now.minus(remember).toEpochMilli();
      int left = taken.size() + more;
      for (Map.Entry<String, Long> each : taken.entrySet()) {
        if (each.getValue() >= before && left <= MOST_IDS) {
          break;
        }
        old.add(each.getKey());
        left--;
      }
      return old;
    } finally {
      lock.unlock();
    }
  }

  /** Deliveries are durable, with their ids. */
  void durable(List<Delivery> deliveries, Instant at, List<String> forgotten) {
    lock.lock();
    try {
      forgotten.forEach(taken::remove);
      for (Delivery delivery : deliveries) {
        String id = delivery.id;
        if (id != null) {
          underWay.remove(id);
          taken.put(id, at.toEpochMilli());
        }
        delivery.durable = true;
        delivery.ended.countDown();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The source has ended: nobody is kept waiting, and whoever brings something is sent away. */
  void close(List<Delivery> handedOver) {
    lock.lock();
    try {
      open = false;
      underWay.clear();
      line.forEach(delivery -> delivery.ended.countDown());
      line.clear();
      handedOver.forEach(delivery -> delivery.ended.countDown());
    } finally {
      lock.unlock();
    }
  }
}
