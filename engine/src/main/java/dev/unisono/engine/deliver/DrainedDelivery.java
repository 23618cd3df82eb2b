package dev.unisono.engine.deliver;

import dev.unisono.engine.deliver.LaneQueues.Item;
import dev.unisono.engine.deliver.LaneQueues.Stuck;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Key;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the dispatcher does itself while no lane moves: changes that concern several lanes, and rows
 * that no lane can write by itself. For the dispatcher's thread.
 */
final class DrainedDelivery {
  private static final int READ_BYTES = 1 << 20;

  /** A transaction of more is not tried as a unit (invariant 7). */
  private static final int UNIT_DELIVERIES = 50_000;

  /** How long the rest of a transaction may take to come where only its beginning is there. */
  private static final long REST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final long epoch;
  private final List<Lane> lanes;
  private final long[] cursors;
  private final LaneQueues queues;
  private final ParkedRows parked;
  private final LaneDelivery delivery;
  private final SettingAside aside;
  private final Journal journal;
  private final Map<Entity, Binding> bindings;

  /** Some lanes' cursors stand before parts of units that were applied by other lanes. */
  private boolean unitsBeyondCursors;

  /** The transaction that is not whole yet, and when that was first seen. */
  private String unfinishedOrigin = "";

  private long unfinishedTransaction;
  private long unfinishedNanos;

  DrainedDelivery(
      long epoch,
      List<Lane> lanes,
      long[] cursors,
      LaneQueues queues,
      ParkedRows parked,
      LaneDelivery delivery,
      SettingAside aside,
      Journal journal,
      Map<Entity, Binding> bindings) {
    this.epoch = epoch;
    this.lanes = lanes;
    this.cursors = cursors;
    this.queues = queues;
    this.parked = parked;
    this.delivery = delivery;
    this.aside = aside;
    this.journal = journal;
    this.bindings = bindings;
  }

  static Delivery delivery(JournalEntry entry, Binding binding) {
    return new Delivery(
        entry.sequence(),
        binding,
        entry.operation(),
        entry.key(),
        entry.previousKey(),
        entry.row(),
        entry.transaction(),
        entry.sourceTime());
  }

  private LaneCursor cursor(long sequence) {
    return new LaneCursor(epoch, sequence);
  }

  /** With all lanes drained, so that nothing of either lane is before or behind it. */
  void deliver(int lane, Delivery first, String origin) throws InterruptedException {
    queues.dispatched(first.sequence() - 1);
    while (!queues.awaitDrained()) {
      resolveStuck();
    }
    if (unitsBeyondCursors) {
      // Invariant 3: what is repeated after a crash must not undo what comes now.
      advanceAll(first.sequence() - 1, -1);
      unitsBeyondCursors = false;
    }
    boolean applied;
    if (first.key() != null && parked.touches(first)) {
      applied = delivery.deliverParked(lane, first);
      queues.deliveredBetween(applied ? 1 : 0);
    } else {
      applied = deliverPlain(lane, first, origin);
    }
    if (!applied) {
      // Repeated after a crash it would park what the other lane has gone beyond (invariant 3).
      lanes.get(lane).advance(cursor(first.sequence()));
      cursors[lane] = first.sequence();
    }
    queues.dispatched(first.sequence());
    // Not where that failed: no lane may go on from where it does not know that others stand.
    queues.letGo();
  }

  /**
   * All lanes have delivered everything up to here, which was put in line, and say so. They are
   * held from now on.
   */
  void bringTogether(long sequence) throws InterruptedException {
    while (!queues.awaitDrained()) {
      resolveStuck();
    }
    advanceAll(sequence, -1);
  }

  /** False where it was set aside. */
  private boolean deliverPlain(int lane, Delivery first, String origin)
      throws InterruptedException {
    parked.prepare(first);
    DeliveryOutcome outcome = lanes.get(lane).apply(List.of(first), cursor(first.sequence()));
    return switch (outcome) {
      case DeliveryOutcome.Applied _ -> {
        queues.deliveredBetween(1);
        parked.delivered(1);
        yield true;
      }
      case DeliveryOutcome.Waiting _ -> deliverTransaction(lane, first, origin);
      case DeliveryOutcome.Refused refused -> {
        aside.set(lane, first, Obstacle.of(refused));
        yield false;
      }
    };
  }

  /** It cannot go alone: other rows refer to what it moves or removes, and follow behind it. */
  private boolean deliverTransaction(int lane, Delivery first, String origin)
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
        // Of the lanes that stood further at the start, some of it may be delivered (invariant 3).
        if (binding != null && entry.sequence() > cursors[lane(entry.key())]) {
          unit.add(delivery(entry, binding));
        }
      }
      if (!entries.isEmpty()) {
        continue;
      }
      int plain = plain(unit);
      if (plain < unit.size()) {
        unit = unit.subList(0, plain);
        last = unit.getLast().sequence();
        whole = true;
      }
      DeliveryOutcome outcome = applyAsUnit(lane, unit, last);
      switch (outcome) {
        case DeliveryOutcome.Applied _ -> {
          queues.deliveredBetween(unit.size());
          cursors[lane] = last;
          advanceAll(last, lane);
          return true;
        }
        case DeliveryOutcome.Waiting waiting -> {
          // A large transaction comes into the journal in parts: the rest may be on its way.
          boolean more =
              !whole
                  && unit.size() < UNIT_DELIVERIES
                  && journal.awaitBeyond(last, Duration.ofNanos(REST_WAIT_NANOS));
          if (!more) {
            aside.set(lane, first, Obstacle.of(waiting));
            return false;
          }
        }
        case DeliveryOutcome.Refused refused -> {
          // Something else of the transaction is refused, and is set aside when its turn comes.
          aside.set(lane, first, new Obstacle(refused.cause(), refused.constraint(), true));
          return false;
        }
      }
    }
  }

  private int lane(@Nullable Key key) {
    return key == null ? 0 : ParkedRows.lane(key, cursors.length);
  }

  /**
   * How many of a unit, from the first, touch nothing that is parked: a parked key is delivered by
   * itself, since its newest image takes the older one's place before that.
   */
  private int plain(List<Delivery> unit) throws InterruptedException {
    for (int i = 0; i < unit.size(); i++) {
      Delivery each = unit.get(i);
      if (each.key() == null) {
        parked.prepare(each);
      } else if (parked.touches(each)) {
        return i;
      }
    }
    return unit.size();
  }

  /** Notes in every lane but one, all of them drained, that everything up to here is delivered. */
  private void advanceAll(long sequence, int except) {
    for (int i = 0; i < cursors.length; i++) {
      if (i != except && cursors[i] < sequence) {
        lanes.get(i).advance(cursor(sequence));
        cursors[i] = sequence;
      }
    }
  }

  /**
   * While nothing moves because a lane is stuck, and the dispatcher has something to put in line.
   */
  void resolveStuck() throws InterruptedException {
    Stuck stuck = queues.stuck();
    if (!resolved(stuck)) {
      setAside(stuck);
    }
    queues.letGo();
  }

  /** The same where the journal has no more. */
  void resolveStuckAt(long position) throws InterruptedException {
    Stuck stuck = queues.stuck();
    if (!resolved(stuck) && !awaitRest(stuck, position)) {
      setAside(stuck);
    }
    queues.letGo();
  }

  private void setAside(Stuck stuck) throws InterruptedException {
    aside.set(stuck.lane(), stuck.first().delivery(), Obstacle.of(stuck.cause()));
    queues.setAside(stuck.first());
  }

  /**
   * Nothing moves, because a row refers to one that no lane has. The rest of its transaction may
   * hold it, in an order that the target's constraints do not allow one by one. Or another lane,
   * ahead of this one, has removed it already: then this row's own end is in line, too.
   */
  private boolean resolved(Stuck stuck) throws InterruptedException {
    List<Item> transaction = plainItems(stuck.unit());
    // The lane's cursor stays before the unit's later parts: repeated, they do no harm.
    if (apply(stuck.lane(), transaction, stuck.first().delivery().sequence())) {
      queues.applied(transaction);
      unitsBeyondCursors = true;
      return true;
    }
    return resolvedByLine(stuck.lane(), transaction.size()) || resolvedByEntity(stuck);
  }

  /** All that is in line for one of the lanes, then for all of them, each taken together. */
  private boolean resolvedByLine(int stuck, int tried) throws InterruptedException {
    int longest = tried;
    for (int i = 0; i < cursors.length; i++) {
      int lane = (stuck + i) % cursors.length;
      List<Item> line = plainItems(queues.inLine(lane));
      longest = Math.max(longest, line.size());
      if (line.size() > 1 && apply(lane, line, line.getLast().delivery().sequence())) {
        queues.applied(line);
        return true;
      }
    }
    List<Item> everything = queues.inLine();
    long end = queues.dispatched();
    boolean plain = plainItems(everything).size() == everything.size();
    if (plain && everything.size() > longest && apply(stuck, everything, end)) {
      // A crash in between repeats some of it: the last resort before something is set aside.
      advanceAll(end, stuck);
      queues.applied(everything);
      return true;
    }
    return false;
  }

  /** All that is in line for one entity: its rows may have to give up values to each other. */
  private boolean resolvedByEntity(Stuck stuck) throws InterruptedException {
    Binding binding = stuck.first().delivery().binding();
    List<Item> rows =
        plainItems(
            queues.inLine().stream().filter(item -> item.delivery().binding() == binding).toList());
    if (rows.size() < 2 || !apply(stuck.lane(), rows, stuck.first().delivery().sequence())) {
      return false;
    }
    queues.applied(rows);
    unitsBeyondCursors = true;
    return true;
  }

  private List<Item> plainItems(List<Item> items) throws InterruptedException {
    return items.subList(0, plain(items.stream().map(Item::delivery).toList()));
  }

  private boolean apply(int lane, List<Item> unit, long last) {
    List<Delivery> deliveries = unit.stream().map(Item::delivery).toList();
    return applyAsUnit(lane, deliveries, last) instanceof DeliveryOutcome.Applied;
  }

  private DeliveryOutcome applyAsUnit(int lane, List<Delivery> unit, long last) {
    DeliveryOutcome outcome = lanes.get(lane).applyAsUnit(unit, cursor(last));
    if (outcome instanceof DeliveryOutcome.Applied) {
      parked.delivered(unit.size());
    }
    return outcome;
  }

  /**
   * A large transaction comes into the journal in parts: what its beginning lacks may be on its
   * way.
   *
   * @return false where nothing more of it is to be expected
   */
  private boolean awaitRest(Stuck stuck, long position) throws InterruptedException {
    Item first = stuck.first();
    Delivery waits = first.delivery();
    List<JournalEntry> newest = journal.read(position - 1, 1);
    boolean whole =
        waits.transaction() == 0
            || (!newest.isEmpty()
                && newest.getFirst().origin().equals(first.origin())
                && newest.getFirst().transaction() != waits.transaction());
    if (whole) {
      return false;
    }
    if (unfinishedTransaction != waits.transaction() || !unfinishedOrigin.equals(first.origin())) {
      unfinishedTransaction = waits.transaction();
      unfinishedOrigin = first.origin();
      unfinishedNanos = System.nanoTime();
    }
    long leftNanos = unfinishedNanos + REST_WAIT_NANOS - System.nanoTime();
    return leftNanos > 0 && journal.awaitBeyond(position, Duration.ofNanos(leftNanos));
  }
}
