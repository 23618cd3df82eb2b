package dev.unisono.engine.deliver;

import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.deliver.LaneQueues.Item;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import dev.unisono.spi.Target;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Delivery by several lanes, in parallel across keys. The dispatcher (the thread that calls {@link
 * #run}) reads the journal and puts each entry in the line of its lane; a thread for each lane
 * writes. What touches two lanes or all of them (a key that moved, a truncate) is done by the
 * dispatcher itself while all lanes are drained, so that order per key holds (invariant 3).
 */
final class DeliveryRun implements Delivering {
  private static final int READ_BYTES = 1 << 20;

  private static final long ADVANCE_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String system;
  private final Target target;
  private final Map<Entity, Binding> bindings;
  private final Journal journal;
  private final ParkedRows parked;
  private final SystemLimits limits;
  private final long epoch;
  private final List<Lane> lanes = new ArrayList<>();

  /** Closing may come from another thread while the lanes are still being started. */
  private final List<Thread> threads = new CopyOnWriteArrayList<>();

  /** What each lane's cursor in the target says at least. */
  private long[] cursors = {};

  private StartingPoint start = StartingPoint.none();
  private LaneQueues queues = new LaneQueues(0, 0, SystemLimits.standard());
  private long position;
  private long advancedNanos = System.nanoTime();
  private Journal.@Nullable Registration news;

  DeliveryRun(
      String system,
      Target target,
      Map<Entity, Binding> bindings,
      Journal journal,
      ParkedRows parked,
      SystemLimits limits) {
    this.system = system;
    this.target = target;
    this.bindings = bindings;
    this.journal = journal;
    this.parked = parked;
    this.limits = limits;
    this.epoch = journal.head().epoch();
  }

  @Override
  public void open() throws InterruptedException {
    for (int i = 0; i < target.lanes(); i++) {
      lanes.add(target.open(i));
    }
    start = StartingPoint.find(system, target, lanes.stream().map(Lane::cursor).toList(), journal);
    cursors = start.cursors();
    position = start.position();
    parked.undo(position);
    queues = new LaneQueues(cursors.length, position, limits);
    news = journal.onCommit(queues::news);
    queues.news(journal.head().sequence());
  }

  @Override
  public @Nullable LaneCursor repairing() {
    return start.repairing();
  }

  @Override
  public @Nullable Problem repairCause() {
    return start.repairCause();
  }

  @Override
  public void run() throws InterruptedException {
    SettingAside aside = new SettingAside(system, parked, this::write);
    LaneDelivery delivery = new LaneDelivery(aside, epoch, lanes, cursors, queues, parked);
    DrainedDelivery drained =
        new DrainedDelivery(
            epoch, lanes, cursors, queues, parked, delivery, aside, journal, bindings);
    for (int i = 0; i < lanes.size(); i++) {
      int lane = i;
      // Platform threads: a lane waits for its database all the time, and a carrier adds a hop.
      threads.add(
          Thread.ofPlatform()
              .name("target-" + system + "-" + i)
              .daemon()
              .start(() -> delivery.run(lane)));
    }
    boolean changing = target.wantedLanes() != lanes.size();
    long togetherAt = journal.head().sequence();
    while (true) {
      long head = journal.head().sequence();
      List<JournalEntry> entries = journal.read(position, READ_BYTES);
      if (entries.isEmpty()) {
        // Whatever there is belongs to entities that the config has no longer.
        position = Math.max(position, head);
      }
      for (JournalEntry entry : entries) {
        dispatch(entry, drained);
        position = entry.sequence();
      }
      queues.dispatched(position);
      if (changing && position >= togetherAt) {
        drained.bringTogether(position);
        target.changeLanes(new LaneCursor(epoch, position));
        return;
      }
      if (entries.isEmpty()
          && queues.awaitWork(position, TimeUnit.NANOSECONDS.toMillis(ADVANCE_PAUSE_NANOS))) {
        drained.resolveStuckAt(position);
      }
      advanceIdleLanes();
    }
  }

  private DeliveryOutcome write(int lane, Delivery delivery) {
    return lanes.get(lane).apply(List.of(delivery), new LaneCursor(epoch, delivery.sequence()));
  }

  private void dispatch(JournalEntry entry, DrainedDelivery drained) throws InterruptedException {
    Binding binding = bindings.get(entry.entity());
    if (binding == null) {
      return;
    }
    Key key = entry.key();
    Key previousKey = entry.previousKey();
    int lane = key == null ? 0 : lane(key);
    if (entry.sequence() <= cursors[lane]) {
      return;
    }
    Delivery delivery = DrainedDelivery.delivery(entry, binding);
    boolean acrossLanes =
        entry.operation() == Operation.TRUNCATE
            || (previousKey != null && lane(previousKey) != lane);
    if (acrossLanes) {
      drained.deliver(lane, delivery, entry.origin());
      return;
    }
    Item item = new Item(delivery, entry.origin(), sizeBytes(entry.row()));
    while (!queues.put(lane, item)) {
      drained.resolveStuck();
    }
  }

  private int lane(Key key) {
    return ParkedRows.lane(key, cursors.length);
  }

  /** About what a row takes in memory. */
  static int sizeBytes(@Nullable Row row) {
    int size = 160;
    if (row != null) {
      for (int i = 0; i < row.schema().size(); i++) {
        size += sizeBytes(row.value(i));
      }
    }
    return size;
  }

  private static int sizeBytes(@Nullable Object value) {
    return switch (value) {
      case String text -> 24 + text.length();
      case byte[] bytes -> 16 + bytes.length;
      case dev.unisono.spi.Json json -> 40 + json.text().length();
      case Object[] array -> {
        int size = 16;
        for (Object element : array) {
          size += 4 + sizeBytes(element);
        }
        yield size;
      }
      case null, default -> 24;
    };
  }

  /** Lanes that had nothing to do for a while note it, so that a restart does not read far back. */
  private void advanceIdleLanes() {
    if (System.nanoTime() - advancedNanos < ADVANCE_PAUSE_NANOS) {
      return;
    }
    advancedNanos = System.nanoTime();
    for (int i = 0; i < cursors.length; i++) {
      if (cursors[i] < position && queues.reserve(i)) {
        try {
          lanes.get(i).advance(new LaneCursor(epoch, position));
          cursors[i] = position;
        } finally {
          queues.release(i);
        }
      }
    }
  }

  @Override
  public long through() {
    return queues.through();
  }

  @Override
  public long delivered() {
    return queues.delivered();
  }

  @Override
  public int waiting() {
    return queues.waiting();
  }

  @Override
  public @Nullable Instant oldest() {
    return queues.oldest();
  }

  @Override
  public boolean awaitThrough(long sequence, Duration atMost) throws InterruptedException {
    return queues.awaitThrough(sequence, atMost.toNanos());
  }

  @Override
  public void close() {
    if (news != null) {
      news.close();
    }
    queues.close();
    boolean interrupted = false;
    for (Thread thread : threads) {
      thread.interrupt();
    }
    for (Thread thread : threads) {
      interrupted |= join(thread);
    }
    for (Lane lane : lanes) {
      lane.close();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Waits for a lane's thread even when asked to stop: it must not write any more when the next run
   * opens its lane.
   *
   * @return true where it was asked to stop meanwhile
   */
  private static boolean join(Thread thread) {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    boolean interrupted = false;
    while (true) {
      try {
        thread.join(Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime())));
        return interrupted;
      } catch (InterruptedException stop) {
        interrupted = true;
      }
    }
  }
}
