package dev.unisono.engine.deliver;

import dev.unisono.engine.deliver.LaneQueues.Item;
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
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How the lanes of one run write: batches as they stand in line, what is refused set aside, what
 * was set aside tried again. Each lane is used by one thread at a time: its own, or the dispatcher
 * while the lanes are held.
 */
final class LaneDelivery {
  /** The cause of a row whose value another row still has. */
  private static final String VALUE_TAKEN = "value-taken";

  /** How long other lanes may take to come to the end of a batch. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** So many others a row is tried with, two by two. */
  private static final int MOST_PAIRS = 20;

  private final String system;
  private final long epoch;
  private final List<Lane> lanes;

  /** What the cursors in the target are at least. */
  private final long[] cursors;

  private final LaneQueues queues;
  private final ParkedRows parked;

  LaneDelivery(
      String system,
      long epoch,
      List<Lane> lanes,
      long[] cursors,
      LaneQueues queues,
      ParkedRows parked) {
    this.system = system;
    this.epoch = epoch;
    this.lanes = lanes;
    this.cursors = cursors;
    this.queues = queues;
    this.parked = parked;
    queues.retryBy((lane, reached) ->
        parked.nanosUntilDue(lane, lanes.size(), Math.max(reached, cursors[lane])));
    parked.wakeBy(queues::wake);
  }

  /** The life of a lane's thread. */
  void run(int number) {
    try {
      while (true) {
        List<Item> batch = queues.take(number);
        if (batch == null) {
          return;
        }
        if (batch.isEmpty()) {
          retry(number);
        } else {
          deliver(number, batch);
        }
      }
    } catch (InterruptedException stop) {
      queues.close();
    } catch (RuntimeException failed) {
      queues.fail(failed);
    }
  }

  private void deliver(int number, List<Item> batch) throws InterruptedException {
    int plain = 0;
    while (plain < batch.size() && !parked.touches(batch.get(plain).delivery())) {
      plain++;
    }
    if (plain == 0) {
      Delivery delivery = batch.getFirst().delivery();
      boolean applied = deliverParked(number, delivery);
      queues.done(number, applied ? 1 : 0, applied ? 0 : 1, null);
      return;
    }
    List<Delivery> deliveries = new ArrayList<>(plain);
    for (Item item : batch.subList(0, plain)) {
      deliveries.add(item.delivery());
    }
    DeliveryOutcome outcome =
        lanes.get(number).apply(deliveries, cursor(deliveries.getLast().sequence()));
    parked.delivered(outcome.applied());
    switch (outcome) {
      case DeliveryOutcome.Applied applied -> queues.done(number, applied.applied(), null);
      case DeliveryOutcome.Waiting waiting -> queues.done(number, waiting.applied(), waiting);
      case DeliveryOutcome.Refused refused -> {
        int aside = 0;
        try {
          setAside(number, deliveries.get(refused.applied()), Obstacle.of(refused));
          aside = 1;
        } finally {
          queues.done(number, refused.applied(), aside, null);
        }
      }
    }
  }

  private LaneCursor cursor(long sequence) {
    return new LaneCursor(epoch, sequence);
  }

  /**
   * Delivers something whose key is parked, and leaves it parked where that does not succeed: it
   * keeps nothing else waiting.
   *
   * @return true where it was applied
   */
  boolean deliverParked(int number, Delivery delivery) throws InterruptedException {
    Delivery newest = parked.prepare(delivery);
    if (newest == null) {
      return false;
    }
    switch (lanes.get(number).apply(List.of(newest), cursor(newest.sequence()))) {
      case DeliveryOutcome.Applied _ -> {
        parked.confirm(newest);
        parked.delivered(1);
        return true;
      }
      case DeliveryOutcome.Waiting waiting -> setAside(number, newest, Obstacle.of(waiting));
      case DeliveryOutcome.Refused refused -> setAside(number, newest, Obstacle.of(refused));
    }
    return false;
  }

  /**
   * Parks what a delivery would have done, or stops where that is not wanted or cannot be. The
   * lane's cursor may move past it once this returns (invariants 5 and 8).
   */
  void setAside(int number, Delivery delivery, Obstacle obstacle) throws InterruptedException {
    Key key = delivery.key();
    Key previousKey = delivery.previousKey();
    Row row = delivery.row();
    if (key == null || !parked.parks(delivery.binding(), obstacle)) {
      throw stopped(obstacle.cause());
    }
    Map<Key, @Nullable Row> images = new HashMap<>();
    images.put(key, row);
    if (previousKey == null || row == null) {
      parked.park(delivery, images, obstacle);
    } else if (whole(delivery.binding(), row)) {
      images.put(previousKey, null);
      parked.park(delivery, images, obstacle);
    } else {
      setAsideMoved(number, delivery, obstacle);
    }
  }

  /**
   * The rest of a moved row is in the target alone, under its old key: it is first written under
   * the new one, with what came along where that is taken.
   */
  private void setAsideMoved(int number, Delivery moved, Obstacle obstacle)
      throws InterruptedException {
    Key key = Objects.requireNonNull(moved.key());
    Key previousKey = Objects.requireNonNull(moved.previousKey());
    Row row = Objects.requireNonNull(moved.row());
    Map<Key, @Nullable Row> images = new HashMap<>();
    images.put(key, row);
    images.put(previousKey, null);
    parked.park(moved, images, obstacle);
    if (copied(number, moved, row)) {
      parked.confirm(beside(moved, null, row));
    } else if (!copied(number, moved, keyAlone(row))) {
      parked.confirm(moved);
      throw stopped(obstacle.cause());
    }
  }

  private boolean copied(int number, Delivery moved, Row row) {
    Delivery copy = beside(moved, moved.previousKey(), row);
    return lanes.get(number).apply(List.of(copy), cursor(moved.sequence()))
        instanceof DeliveryOutcome.Applied;
  }

  private static Delivery beside(Delivery moved, @Nullable Key previousKey, Row row) {
    return new Delivery(
        moved.sequence(),
        moved.binding(),
        Operation.CREATE,
        moved.key(),
        previousKey,
        row,
        moved.transaction(),
        moved.sourceTime());
  }

  private static Row keyAlone(Row row) {
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      if (!row.schema().isKey(i)) {
        values[i] = Unchanged.UNCHANGED;
      }
    }
    return new Row(row.schema(), values);
  }

  private static boolean whole(Binding binding, Row row) {
    for (int i = 0; i < row.schema().size(); i++) {
      if (binding.column(i) != null && row.value(i) == Unchanged.UNCHANGED) {
        return false;
      }
    }
    return true;
  }

  /** Tries again what is due of a lane; its cursor says no more than it did. */
  private void retry(int number) throws InterruptedException {
    List<Delivery> taken = new ArrayList<>();
    try {
      long reached = reached(number);
      for (Delivery delivery : parked.due(number, lanes.size(), reached)) {
        switch (lanes.get(number).apply(List.of(delivery), cursor(reached))) {
          case DeliveryOutcome.Applied _ -> confirm(List.of(delivery));
          case DeliveryOutcome.Waiting waiting -> {
            parked.triedInVain(delivery, Obstacle.of(waiting));
            if (waiting.cause().code().equals(VALUE_TAKEN)) {
              taken.add(delivery);
            }
          }
          case DeliveryOutcome.Refused refused ->
              parked.triedInVain(delivery, Obstacle.of(refused));
        }
      }
    } finally {
      queues.release(number);
    }
    Set<Long> together = new HashSet<>();
    for (Delivery delivery : taken) {
      if (!together.contains(delivery.sequence())) {
        retryTogether(delivery, together);
      }
    }
  }

  private long reached(int number) {
    return Math.max(cursors[number], queues.reached(number));
  }

  private void confirm(List<Delivery> applied) throws InterruptedException {
    for (Delivery delivery : applied) {
      parked.confirm(delivery);
    }
    queues.deliveredBetween(applied.size());
  }

  /**
   * Rows that must give up values to each other can never be written one by one. The lanes of all
   * of them stand still for it, since only who holds its lane may write a key (invariant 3).
   *
   * @param tried takes the sequences of all that were tried together
   */
  private void retryTogether(Delivery inVain, Set<Long> tried) throws InterruptedException {
    Set<Integer> held = parked.lanesOfAlike(inVain, lanes.size());
    if (!queues.reserveBetween(held, PATIENCE_NANOS)) {
      return;
    }
    try {
      long[] reached = new long[lanes.size()];
      Arrays.fill(reached, -1);
      held.forEach(lane -> reached[lane] = reached(lane));
      List<Delivery> alike = parked.alike(inVain, reached);
      alike.forEach(delivery -> tried.add(delivery.sequence()));
      if (alike.size() < 2) {
        return;
      }
      // What a lane repeats after a crash must not undo what is written now.
      held.forEach(lane -> lanes.get(lane).advance(cursor(reached[lane])));
      if (appliedTogether(alike, reached)) {
        return;
      }
      // One among them may wait for a row that is none of them: then two may still do.
      Optional<Delivery> one =
          alike.stream().filter(each -> each.sequence() == inVain.sequence()).findFirst();
      for (Delivery other : alike.subList(Math.max(0, alike.size() - MOST_PAIRS), alike.size())) {
        if (one.isPresent()
            && other.sequence() != inVain.sequence()
            && appliedTogether(inOrder(one.get(), other), reached)) {
          return;
        }
      }
    } finally {
      held.forEach(queues::release);
    }
  }

  private static List<Delivery> inOrder(Delivery one, Delivery other) {
    return one.sequence() < other.sequence() ? List.of(one, other) : List.of(other, one);
  }

  private boolean appliedTogether(List<Delivery> unit, long[] reached) throws InterruptedException {
    int lane = ParkedRows.lane(Objects.requireNonNull(unit.getFirst().key()), lanes.size());
    boolean applied =
        lanes.get(lane).applyAsUnit(unit, cursor(reached[lane])) instanceof DeliveryOutcome.Applied;
    if (applied) {
      confirm(unit);
    }
    return applied;
  }

  /** A cause that does not pass by itself, whatever type the connector gave it. */
  UnisonoException stopped(Problem cause) {
    return new UnisonoException(
        new Problem(
            cause.code(),
            ProblemType.USER,
            cause.message(),
            cause.configPath() == null ? "systems." + system : cause.configPath(),
            cause.remedy()));
  }
}
