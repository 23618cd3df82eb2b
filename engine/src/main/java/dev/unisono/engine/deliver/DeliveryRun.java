package dev.unisono.engine.deliver;

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
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Target;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One run of delivery to a target, from opening its lanes to the first failure. The dispatcher (the
 * thread that calls {@link #run}) reads the journal and puts each entry in the line of its lane; a
 * thread for each lane writes. What touches two lanes or all of them (a key that moved, a truncate)
 * is done by the dispatcher itself while all lanes are drained, so that order per key holds
 * (invariant 3).
 */
final class DeliveryRun implements AutoCloseable {
  private static final int READ_BYTES = 1 << 20;

  /** A transaction of more is not tried as a unit (invariant 7). */
  private static final int UNIT_DELIVERIES = 50_000;

  private static final long ADVANCE_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** How long the rest of a transaction may take to come where only its beginning is there. */
  private static final long REST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final String system;
  private final Target target;
  private final Map<Entity, Binding> bindings;
  private final Journal journal;
  private final long epoch;
  private final List<Lane> lanes = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  /** What each lane's cursor in the target says; entries up to there are passed over. */
  private final long[] cursors;

  private LaneQueues queues;
  private long position;
  private long advancedNanos = System.nanoTime();
  private Journal.@Nullable Registration news;

  /** Some lanes' cursors stand before parts of units that were applied by other lanes. */
  private boolean unitsBeyondCursors;

  /** The delivery whose transaction is not whole yet, and when that was first seen. */
  private long unfinished;

  private long unfinishedNanos;
  private @Nullable LaneCursor repairing;
  private @Nullable Problem repairCause;

  DeliveryRun(String system, Target target, Map<Entity, Binding> bindings, Journal journal) {
    this.system = system;
    this.target = target;
    this.bindings = bindings;
    this.journal = journal;
    this.epoch = journal.head().epoch();
    this.cursors = new long[target.lanes()];
    this.queues = new LaneQueues(target.lanes(), 0);
  }

  /** Connects, and finds from the target's own cursors where to go on. */
  void open() {
    long least = Long.MAX_VALUE;
    boolean foreign = false;
    for (int i = 0; i < cursors.length; i++) {
      Lane lane = target.open(i);
      lanes.add(lane);
      Optional<LaneCursor> cursor = lane.cursor();
      foreign |= cursor.isPresent() && !ours(cursor.get());
      cursors[i] = cursor.map(LaneCursor::sequence).orElse(0L);
      least = Math.min(least, cursors[i]);
    }
    Problem passedOver = null;
    if (foreign && journal.oldest().sequence() == 0) {
      least = fromTheStart();
    } else if (foreign) {
      passedOver = ofAnotherEpoch();
    } else if (least < journal.oldest().sequence()) {
      passedOver = gap(least);
    }
    Optional<LaneCursor> note = target.repairing();
    if (passedOver != null || (note.isPresent() && !ours(note.get()))) {
      least = beginRepair(passedOver);
      note = Optional.of(new LaneCursor(epoch, least));
    }
    repairing = note.orElse(null);
    repairCause = passedOver;
    position = least;
    queues = new LaneQueues(cursors.length, least);
    news = journal.onCommit(queues::news);
    queues.news(journal.head().sequence());
  }

  private boolean ours(LaneCursor cursor) {
    return cursor.epoch() == epoch && cursor.sequence() <= journal.head().sequence();
  }

  /** What the journal no longer holds is passed over; the note has it made good by comparison. */
  private long beginRepair(@Nullable Problem cause) {
    long head = journal.head().sequence();
    target.beginRepair(new LaneCursor(epoch, head));
    java.util.Arrays.fill(cursors, head);
    if (cause != null) {
      System.getLogger(DeliveryRun.class.getName())
          .log(
              System.Logger.Level.WARNING,
              "{0} It is compared with its sources, and repaired.",
              cause.message());
    }
    return head;
  }

  private Problem gap(long least) {
    return new Problem(
        "gap",
        ProblemType.TRANSIENT,
        system
            + " stands at "
            + least
            + ", but the journal begins after "
            + journal.oldest().sequence()
            + ".",
        "systems." + system,
        "It is compared with its sources and repaired by itself; see state.retention.");
  }

  private Problem ofAnotherEpoch() {
    return new Problem(
        "target-of-another-epoch",
        ProblemType.TRANSIENT,
        system + " holds the cursors of another journal than this one.",
        "systems." + system,
        "Was the state folder or the target restored? It is compared with its sources and repaired"
            + " by itself.");
  }

  /** Only a whole journal can be delivered over the cursors of another one. */
  private long fromTheStart() {
    System.getLogger(DeliveryRun.class.getName())
        .log(
            System.Logger.Level.WARNING,
            "{0} holds cursors of another journal; everything is delivered to it anew",
            system);
    java.util.Arrays.fill(cursors, 0);
    return 0;
  }

  /** The note that a part of the journal was passed over; null where none was. */
  @Nullable LaneCursor repairing() {
    return repairing;
  }

  /** Why a part of the journal was passed over at the opening; null where none was. */
  @Nullable Problem repairCause() {
    return repairCause;
  }

  /** Delivers until something fails, which it throws. */
  void run() throws InterruptedException {
    for (int i = 0; i < lanes.size(); i++) {
      int lane = i;
      // Platform threads: a lane waits for its database all the time, and a carrier adds a hop.
      threads.add(
          Thread.ofPlatform()
              .name("target-" + system + "-" + i)
              .daemon()
              .start(() -> runLane(lane)));
    }
    while (true) {
      long head = journal.head().sequence();
      List<JournalEntry> entries = journal.read(position, READ_BYTES);
      if (entries.isEmpty()) {
        // Whatever there is belongs to entities that the config has no longer.
        position = Math.max(position, head);
      }
      for (JournalEntry entry : entries) {
        dispatch(entry);
        position = entry.sequence();
      }
      queues.dispatched(position);
      if (entries.isEmpty()
          && queues.awaitWork(position, TimeUnit.NANOSECONDS.toMillis(ADVANCE_PAUSE_NANOS))) {
        LaneQueues.Stuck stuck = queues.stuck();
        Problem cause = resolve(stuck);
        if (cause != null && !awaitRest(stuck)) {
          throw stopped(cause);
        }
      }
      advanceIdleLanes();
    }
  }

  private void dispatch(JournalEntry entry) throws InterruptedException {
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
    Delivery delivery = delivery(entry, binding);
    boolean acrossLanes =
        entry.operation() == Operation.TRUNCATE
            || (previousKey != null && lane(previousKey) != lane);
    if (acrossLanes) {
      deliverBetween(lane, delivery, entry.origin());
      return;
    }
    Item item = new Item(delivery, entry.origin(), entry.sourceTime(), sizeBytes(entry.row()));
    while (!queues.put(lane, item)) {
      resolveStuck();
    }
  }

  private static Delivery delivery(JournalEntry entry, Binding binding) {
    return new Delivery(
        entry.sequence(),
        binding,
        entry.operation(),
        entry.key(),
        entry.previousKey(),
        entry.row(),
        entry.transaction());
  }

  private int lane(Key key) {
    return Math.floorMod(key.stableHash(), cursors.length);
  }

  private static int sizeBytes(@Nullable Row row) {
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

  /** With all lanes drained, so that nothing of either lane is before or behind it. */
  private void deliverBetween(int lane, Delivery delivery, String origin)
      throws InterruptedException {
    queues.dispatched(delivery.sequence() - 1);
    while (!queues.awaitDrained()) {
      resolveStuck();
    }
    if (unitsBeyondCursors) {
      // Invariant 3: what is repeated after a crash must not undo what comes now.
      advanceAll(delivery.sequence() - 1, -1);
      unitsBeyondCursors = false;
    }
    DeliveryOutcome outcome =
        lanes.get(lane).apply(List.of(delivery), new LaneCursor(epoch, delivery.sequence()));
    switch (outcome) {
      case DeliveryOutcome.Applied _ -> queues.deliveredBetween(1);
      case DeliveryOutcome.Waiting _ -> deliverTransaction(lane, delivery, origin);
      case DeliveryOutcome.Refused refused -> throw stopped(refused.cause());
    }
  }

  /** It cannot go alone: other rows refer to what it moves or removes, and follow behind it. */
  private void deliverTransaction(int lane, Delivery first, String origin)
      throws InterruptedException {
    List<Delivery> unit = new ArrayList<>(List.of(first));
    long last = first.sequence();
    boolean whole = false;
    while (true) {
      List<JournalEntry> entries =
          whole || unit.size() >= UNIT_DELIVERIES ? List.of() : journal.read(last, READ_BYTES);
      for (JournalEntry entry : entries) {
        whole |= entry.origin().equals(origin) && entry.transaction() != first.transaction();
        if (whole) {
          break;
        }
        last = entry.sequence();
        Binding binding = bindings.get(entry.entity());
        if (binding != null) {
          unit.add(delivery(entry, binding));
        }
      }
      if (!entries.isEmpty()) {
        continue;
      }
      DeliveryOutcome outcome = lanes.get(lane).applyAsUnit(unit, new LaneCursor(epoch, last));
      switch (outcome) {
        case DeliveryOutcome.Applied _ -> {
          queues.deliveredBetween(unit.size());
          cursors[lane] = last;
          advanceAll(last, lane);
          return;
        }
        case DeliveryOutcome.Waiting waiting -> {
          // A large transaction comes into the journal in parts: the rest may be on its way.
          boolean more =
              !whole
                  && unit.size() < UNIT_DELIVERIES
                  && journal.awaitBeyond(last, Duration.ofNanos(REST_WAIT_NANOS));
          if (!more) {
            throw stopped(waiting.cause());
          }
        }
        case DeliveryOutcome.Refused refused -> throw stopped(refused.cause());
      }
    }
  }

  /** Notes in every lane but one, all of them drained, that everything up to here is delivered. */
  private void advanceAll(long sequence, int except) {
    for (int i = 0; i < cursors.length; i++) {
      if (i != except && cursors[i] < sequence) {
        lanes.get(i).advance(new LaneCursor(epoch, sequence));
        cursors[i] = sequence;
      }
    }
  }

  private void resolveStuck() {
    Problem cause = resolve(queues.stuck());
    if (cause != null) {
      throw stopped(cause);
    }
  }

  /**
   * Nothing moves, because a row refers to one that no lane has. The rest of its transaction may
   * hold it, in an order that the target's constraints do not allow one by one. Or another lane,
   * ahead of this one, has removed it already: then this row's own end is in line, too.
   *
   * @return null where it could be resolved, else the cause
   */
  private @Nullable Problem resolve(LaneQueues.Stuck stuck) {
    int lane = stuck.lane();
    List<Item> transaction = stuck.unit();
    // The lane's cursor stays before the unit's later parts: repeated, they do no harm.
    DeliveryOutcome outcome =
        applyAsUnit(lane, transaction, transaction.getFirst().delivery().sequence());
    return switch (outcome) {
      case DeliveryOutcome.Applied _ -> {
        queues.applied(transaction);
        unitsBeyondCursors = true;
        yield null;
      }
      case DeliveryOutcome.Waiting waiting ->
          resolvedByLine(lane, transaction.size()) ? null : waiting.cause();
      case DeliveryOutcome.Refused refused -> throw stopped(refused.cause());
    };
  }

  /** All that is in line for one of the lanes, then for all of them, each taken together. */
  private boolean resolvedByLine(int stuck, int tried) {
    int longest = tried;
    for (int i = 0; i < cursors.length; i++) {
      List<Item> line = queues.inLine((stuck + i) % cursors.length);
      longest = Math.max(longest, line.size());
      if (line.size() > 1) {
        long last = line.getLast().delivery().sequence();
        int lane = (stuck + i) % cursors.length;
        if (applyAsUnit(lane, line, last) instanceof DeliveryOutcome.Applied) {
          queues.applied(line);
          return true;
        }
      }
    }
    List<Item> everything = queues.inLine();
    long end = queues.dispatched();
    if (everything.size() > longest
        && applyAsUnit(stuck, everything, end) instanceof DeliveryOutcome.Applied) {
      // A crash in between repeats some of it: the last resort before delivery would stop.
      advanceAll(end, stuck);
      queues.applied(everything);
      return true;
    }
    return false;
  }

  private DeliveryOutcome applyAsUnit(int lane, List<Item> unit, long cursor) {
    List<Delivery> deliveries = unit.stream().map(Item::delivery).toList();
    return lanes.get(lane).applyAsUnit(deliveries, new LaneCursor(epoch, cursor));
  }

  /**
   * A large transaction comes into the journal in parts: what its beginning lacks may be on its
   * way.
   *
   * @return false where nothing more of it is to be expected
   */
  private boolean awaitRest(LaneQueues.Stuck stuck) throws InterruptedException {
    Item first = stuck.unit().getFirst();
    Delivery delivery = first.delivery();
    List<JournalEntry> newest = journal.read(position - 1, 1);
    boolean whole =
        delivery.transaction() == 0
            || (!newest.isEmpty()
                && newest.getFirst().origin().equals(first.origin())
                && newest.getFirst().transaction() != delivery.transaction());
    if (whole) {
      return false;
    }
    if (unfinished != delivery.sequence()) {
      unfinished = delivery.sequence();
      unfinishedNanos = System.nanoTime();
    }
    long leftNanos = unfinishedNanos + REST_WAIT_NANOS - System.nanoTime();
    return leftNanos > 0 && journal.awaitBeyond(position, Duration.ofNanos(leftNanos));
  }

  /** A cause that does not pass by itself, whatever type the connector gave it. */
  private UnisonoException stopped(Problem cause) {
    return new UnisonoException(
        new Problem(
            cause.code(),
            ProblemType.USER,
            cause.message(),
            cause.configPath() == null ? "systems." + system : cause.configPath(),
            cause.remedy()));
  }

  private void runLane(int number) {
    Lane lane = lanes.get(number);
    try {
      while (true) {
        List<Item> batch = queues.take(number);
        if (batch == null) {
          return;
        }
        List<Delivery> deliveries = new ArrayList<>(batch.size());
        for (Item item : batch) {
          deliveries.add(item.delivery());
        }
        LaneCursor cursor = new LaneCursor(epoch, deliveries.getLast().sequence());
        switch (lane.apply(deliveries, cursor)) {
          case DeliveryOutcome.Applied applied -> queues.done(number, applied.applied(), null);
          case DeliveryOutcome.Waiting waiting ->
              queues.done(number, waiting.applied(), waiting.cause());
          case DeliveryOutcome.Refused refused -> {
            queues.done(number, refused.applied(), null);
            throw stopped(refused.cause());
          }
        }
      }
    } catch (InterruptedException stop) {
      queues.close();
    } catch (RuntimeException failed) {
      queues.fail(failed);
    }
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

  long through() {
    return queues.through();
  }

  long delivered() {
    return queues.delivered();
  }

  int waiting() {
    return queues.waiting();
  }

  @Nullable Instant oldest() {
    return queues.oldest();
  }

  boolean awaitThrough(long sequence, Duration atMost) throws InterruptedException {
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
