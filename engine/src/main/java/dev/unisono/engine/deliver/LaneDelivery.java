package dev.unisono.engine.deliver;

import dev.unisono.engine.deliver.LaneQueues.Item;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

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

  private final long epoch;
  private final List<Lane> lanes;

  /** What the cursors in the target are at least. */
  private final long[] cursors;

  private final LaneQueues queues;
  private final ParkedRows parked;
  private final SettingAside aside;

  LaneDelivery(
      SettingAside aside,
      long epoch,
      List<Lane> lanes,
      long[] cursors,
      LaneQueues queues,
      ParkedRows parked) {
    this.aside = aside;
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
        boolean passed = false;
        try {
          aside.set(number, deliveries.get(refused.applied()), Obstacle.of(refused));
          passed = true;
        } finally {
          if (passed) {
            queues.done(number, refused.applied(), 1, null);
          } else {
            // The lane stays busy: nobody knows where it stands in the target.
            queues.doneBeforeFailure(number, refused.applied());
          }
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
      case DeliveryOutcome.Waiting waiting -> aside.set(number, newest, Obstacle.of(waiting));
      case DeliveryOutcome.Refused refused -> aside.set(number, newest, Obstacle.of(refused));
    }
    return false;
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
}
