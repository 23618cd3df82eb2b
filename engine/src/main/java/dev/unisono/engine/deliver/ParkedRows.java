package dev.unisono.engine.deliver;

import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.deliver.ParkingPolicy.Cause;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.ParkedRow;
import dev.unisono.engine.state.ParkedStore;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows that one target refused, set aside in the state so that the rest goes on (invariant 8),
 * and when each is to be tried again. Outlives the runs of delivery. While a key is here, each
 * newer image of it takes the place of the older one durably <em>before</em> it is delivered, and
 * leaves durably before the next one is: so what is here is always the newest, and trying it again,
 * after a crash too, never takes the target back (invariant 3). Safe for threads; what concerns one
 * key is asked by one thread at a time, the one that may write it.
 */
public final class ParkedRows {
  /** A first pause after an attempt; each further one is twice as long. */
  private static final long WAITING_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private static final long REFUSED_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int MOST_DOUBLINGS = 7;
  private static final long NEVER = -1;

  /** Tried in one go, so that what is in line waits no longer than for a batch. */
  private static final int ATTEMPTS_AT_ONCE = 100;

  private record Place(String entity, Key key) {}

  private static final class Slot {
    final ParkedRow parked;
    long dueNanos;

    /** What had been delivered when it was last tried: without more, waiting goes on. */
    final long seenDeliveries;

    /** What had been delivered when the present attempt began. */
    long tryingSince = NEVER;

    /** Somebody asked for it: nothing else counts. */
    boolean asked;

    Slot(ParkedRow parked, long dueNanos, long seenDeliveries) {
      this.parked = parked;
      this.dueNanos = dueNanos;
      this.seenDeliveries = seenDeliveries;
    }
  }

  private final Map<Binding, Entity> entities = new HashMap<>();
  private final Map<String, Binding> bindings = new HashMap<>();
  private final ParkedStore store;
  private final ParkingPolicy policy;
  private final InstantSource clock;

  /** Held through the steps of one change, the state's included; never while asking for dues. */
  private final ReentrantLock changing = new ReentrantLock();

  /** Guarded by itself, for moments only. Without images: those are in the state (invariant 7). */
  private final Map<Place, Slot> slots = new HashMap<>();

  private final Map<Cause, Integer> parkedByCause = new HashMap<>();
  private int rejected;
  private volatile int size;

  /** The target has a transaction open. */
  private volatile boolean open;

  /** Something was changed in that transaction. */
  private boolean touched;

  private final AtomicLong deliveries = new AtomicLong();
  private volatile Runnable wake = () -> {};
  private volatile BooleanSupplier rowsMissing = () -> false;

  public ParkedRows(
      String system,
      Map<Entity, Binding> members,
      Map<String, RefusalRules> rules,
      ParkedStore store,
      InstantSource clock) {
    this.store = store;
    this.policy = new ParkingPolicy(system, rules);
    this.clock = clock;
    members.forEach((entity, binding) -> {
      entities.put(binding, entity);
      bindings.put(entity.name(), binding);
    });
    load();
    retry(null);
  }

  private void load() {
    store.forEach(parked -> {
      if (bindings.containsKey(parked.entity().name())) {
        place(parked, System.nanoTime(), NEVER);
      }
    });
  }

  private static Place place(ParkedRow parked) {
    return new Place(parked.entity().name(), parked.key());
  }

  private static Place place(Binding binding, Key key) {
    return new Place(binding.schema().name(), key);
  }

  private static Cause cause(ParkedRow parked) {
    return new Cause(parked.entity().name(), parked.cause().code(), parked.constraint());
  }

  private void place(ParkedRow parked, long dueNanos, long seenDeliveries) {
    synchronized (slots) {
      remove(place(parked));
      slots.put(place(parked), new Slot(parked.withoutRow(), dueNanos, seenDeliveries));
      size = slots.size();
      count(parked, 1);
    }
  }

  private void count(ParkedRow parked, int more) {
    if (parked.rejected() != null) {
      rejected += more;
    } else {
      parkedByCause.merge(cause(parked), more, (a, b) -> a + b == 0 ? null : a + b);
    }
  }

  private @Nullable Slot remove(Place place) {
    Slot gone = slots.remove(place);
    if (gone != null) {
      count(gone.parked, -1);
      size = slots.size();
    }
    return gone;
  }

  /**
   * From now on, until {@link #settle} or {@link #undo}, what becomes of parked rows belongs to a
   * transaction of the target that is open.
   */
  void begin() {
    open = true;
  }

  /** The transaction is committed. */
  void settle() throws InterruptedException {
    open = false;
    if (touched) {
      touched = false;
      store.settle();
    }
  }

  /**
   * All is as it was when the target had committed everything up to a sequence and no more; nothing
   * happens where no transaction was open, now or when the server ended.
   */
  void undo(long reached) throws InterruptedException {
    open = false;
    touched = false;
    changing.lockInterruptibly();
    try {
      if (store.undo(reached)) {
        synchronized (slots) {
          slots.clear();
          parkedByCause.clear();
          rejected = 0;
          size = 0;
        }
        load();
      }
    } finally {
      changing.unlock();
    }
  }

  /** What is to be told when something shall be tried at once. */
  void wakeBy(Runnable now) {
    wake = now;
  }

  /**
   * While a repair reads rows again, those that others refer to are on their way: nothing that
   * waits for them is parked then.
   */
  void rowsMissingBy(BooleanSupplier now) {
    rowsMissing = now;
  }

  boolean parks(Binding binding, Obstacle obstacle) {
    return policy.parks(binding.schema().name())
        && !(obstacle.waits() && rowsMissing.getAsBoolean());
  }

  /** Rows that are still to be delivered. */
  int parked() {
    synchronized (slots) {
      return slots.size() - rejected;
    }
  }

  /** Rows that were given up. */
  int rejected() {
    synchronized (slots) {
      return rejected;
    }
  }

  /** True where a delivery depends on something parked, or takes its place. */
  boolean touches(Delivery delivery) {
    if (size == 0) {
      return false;
    }
    Key key = delivery.key();
    Key previousKey = delivery.previousKey();
    synchronized (slots) {
      return key == null
          || slots.containsKey(place(delivery.binding(), key))
          || (previousKey != null && slots.containsKey(place(delivery.binding(), previousKey)));
    }
  }

  /** So many were delivered: what waits for other rows may succeed now. */
  void delivered(int number) {
    policy.delivered(number);
    deliveries.addAndGet(number);
  }

  /**
   * Makes the parked images of a delivery's keys those that the delivery brings, and what is
   * delivered whole where a parked image makes it so. To be asked only for what is to be written
   * next, and with nothing earlier of its keys still to come.
   *
   * @return null where there is nothing to deliver, because a newer image is parked
   */
  @Nullable Delivery prepare(Delivery delivery) throws InterruptedException {
    if (!touches(delivery)) {
      return delivery;
    }
    changing.lockInterruptibly();
    try {
      Key key = delivery.key();
      if (key == null) {
        // Whatever is parked from before would be gone; if the server ends in between, the truncate
        // is delivered again.
        forget(delivery.binding(), delivery.sequence());
        return delivery;
      }
      Key previousKey = delivery.previousKey();
      ParkedRow own = find(delivery.binding(), key);
      ParkedRow old = previousKey == null ? null : find(delivery.binding(), previousKey);
      if (own != null && (own.sequence() > delivery.sequence() || settled(own, delivery))) {
        return null;
      }
      // What came of this very delivery before a crash has all that it was laid over.
      boolean again = own != null && own.sequence() == delivery.sequence();
      ParkedRow base = previousKey == null || again ? own : old;
      Row row = delivery.row();
      Row baseRow = base == null ? null : base.row();
      Delivery newest =
          row == null || baseRow == null ? delivery : with(delivery, row.over(baseRow));
      if (!again) {
        List<ParkedRow> newer = new ArrayList<>();
        ParkedRow reason = Objects.requireNonNull(own == null ? old : own);
        newer.add(image(newest, key, newest.row(), reason));
        if (previousKey != null && old != null) {
          newer.add(image(newest, previousKey, null, old));
        }
        keep(newer, NEVER, open);
      }
      return newest;
    } finally {
      changing.unlock();
    }
  }

  /** True where just this value was given up by a person, however often it is read again. */
  private static boolean settled(ParkedRow own, Delivery delivery) {
    Row row = delivery.row();
    Row given = own.row();
    boolean same =
        (row == null || given == null)
            ? row == given
            : Arrays.deepEquals(row.over(given).copyValues(), given.copyValues());
    return own.rejected() != null
        && (own.sequence() == delivery.sequence() || (same && delivery.previousKey() == null));
  }

  private static Delivery with(Delivery delivery, Row row) {
    return new Delivery(
        delivery.sequence(),
        delivery.binding(),
        delivery.operation(),
        delivery.key(),
        delivery.previousKey(),
        row,
        delivery.transaction(),
        delivery.sourceTime());
  }

  private @Nullable ParkedRow find(Binding binding, Key key) throws InterruptedException {
    synchronized (slots) {
      if (!slots.containsKey(place(binding, key))) {
        return null;
      }
    }
    return store.find(binding.schema().name(), key).orElse(null);
  }

  private ParkedRow image(Delivery delivery, Key key, @Nullable Row row, ParkedRow reason) {
    return new ParkedRow(
        0,
        reason.entity(),
        key,
        delivery.sequence(),
        row == null ? Operation.DELETE : Operation.UPDATE,
        row,
        delivery.sourceTime(),
        clock.instant(),
        reason.attempts(),
        reason.waits(),
        reason.cause(),
        reason.constraint(),
        null);
  }

  private void keep(List<ParkedRow> rows, long seenDeliveries, boolean undoable)
      throws InterruptedException {
    touched |= undoable;
    for (ParkedRow kept : store.keep(rows, undoable)) {
      place(kept, System.nanoTime() + pauseNanos(kept), seenDeliveries);
    }
    wake.run();
  }

  private static long pauseNanos(ParkedRow parked) {
    boolean soon = parked.waits() || parked.operation() == Operation.DELETE;
    long first = soon ? WAITING_PAUSE_NANOS : REFUSED_PAUSE_NANOS;
    return first << Math.min(MOST_DOUBLINGS, Math.max(0, parked.attempts() - 1));
  }

  private void forget(Binding binding, long before) throws InterruptedException {
    List<ParkedRow> gone;
    synchronized (slots) {
      gone =
          slots.values().stream()
              .map(slot -> slot.parked)
              .filter(parked -> parked.entity().name().equals(binding.schema().name()))
              .filter(parked -> parked.sequence() < before)
              .toList();
    }
    leave(gone, before);
  }

  /** What a delivery of this sequence has taken the place of, or made. */
  private void leave(List<ParkedRow> gone, long sequence) throws InterruptedException {
    if (gone.isEmpty()) {
      return;
    }
    touched |= open;
    List<Long> ids = gone.stream().map(ParkedRow::id).toList();
    store.remove(ids, sequence, open);
    synchronized (slots) {
      gone.forEach(parked -> remove(place(parked)));
      // What waits for other rows may wait for just these.
      for (Slot slot : slots.values()) {
        if (slot.parked.waits()) {
          slot.dueNanos = System.nanoTime();
        }
      }
    }
    deliveries.incrementAndGet();
    wake.run();
  }

  /** A delivery was made: its keys are parked no longer. */
  void confirm(Delivery delivery) throws InterruptedException {
    Key key = delivery.key();
    if (key == null || !touches(delivery)) {
      return;
    }
    changing.lockInterruptibly();
    try {
      List<ParkedRow> gone = new ArrayList<>();
      synchronized (slots) {
        addIfThrough(gone, place(delivery.binding(), key), delivery.sequence());
        Key previousKey = delivery.previousKey();
        if (previousKey != null) {
          addIfThrough(gone, place(delivery.binding(), previousKey), delivery.sequence());
        }
      }
      leave(gone, delivery.sequence());
    } finally {
      changing.unlock();
    }
  }

  private void addIfThrough(List<ParkedRow> gone, Place place, long sequence) {
    Slot slot = slots.get(place);
    if (slot != null && slot.parked.sequence() <= sequence) {
      gone.add(slot.parked);
    }
  }

  /**
   * Sets aside what a delivery would have made of some keys, all or none of them.
   *
   * @param images for each key the row that should be there, or null
   * @throws UnisonoException mass-refusal where the target must stop instead
   */
  void park(Delivery delivery, Map<Key, @Nullable Row> images, Obstacle obstacle)
      throws InterruptedException {
    changing.lockInterruptibly();
    try {
      Binding binding = delivery.binding();
      Entity entity = Objects.requireNonNull(entities.get(binding));
      Cause cause = new Cause(entity.name(), obstacle.cause().code(), obstacle.constraint());
      int others;
      synchronized (slots) {
        others = parkedByCause.getOrDefault(cause, 0);
        for (Key key : images.keySet()) {
          Slot slot = slots.get(place(binding, key));
          others -= slot != null && cause(slot.parked).equals(cause) ? 1 : 0;
        }
      }
      Problem tooMany = policy.refused(cause, others, obstacle.cause());
      if (tooMany != null) {
        throw new UnisonoException(tooMany);
      }
      List<ParkedRow> rows = new ArrayList<>();
      for (Map.Entry<Key, @Nullable Row> image : images.entrySet()) {
        Slot slot;
        synchronized (slots) {
          slot = slots.get(place(binding, image.getKey()));
        }
        Row row = image.getValue();
        rows.add(
            new ParkedRow(
                0,
                entity,
                image.getKey(),
                delivery.sequence(),
                row == null ? Operation.DELETE : Operation.UPDATE,
                row,
                delivery.sourceTime(),
                clock.instant(),
                slot == null ? 1 : slot.parked.attempts() + 1,
                obstacle.waits(),
                asUser(obstacle.cause()),
                obstacle.constraint(),
                null));
      }
      keep(rows, NEVER, open);
    } finally {
      changing.unlock();
    }
  }

  private static Problem asUser(Problem cause) {
    return new Problem(
        cause.code(), ProblemType.USER, cause.message(), cause.configPath(), cause.remedy());
  }

  /** How long until something of a lane is to be tried that the lane has passed already. */
  long nanosUntilDue(int lane, int lanes, long reached) {
    if (size == 0) {
      return Long.MAX_VALUE;
    }
    long now = System.nanoTime();
    long least = Long.MAX_VALUE;
    synchronized (slots) {
      for (Slot slot : slots.values()) {
        if (mayBeTried(slot, lane, lanes, reached)) {
          least = Math.min(least, slot.asked ? 0 : Math.max(0, slot.dueNanos - now));
        }
      }
    }
    return least;
  }

  private boolean mayBeTried(Slot slot, int lane, int lanes, long reached) {
    ParkedRow parked = slot.parked;
    return parked.rejected() == null
        && parked.sequence() <= reached
        && lane(parked.key(), lanes) == lane
        && (slot.asked || !parked.waits() || slot.seenDeliveries != deliveries.get());
  }

  /** What of a lane is to be tried now, oldest change first. */
  List<Delivery> due(int lane, int lanes, long reached) throws InterruptedException {
    List<ParkedRow> due;
    synchronized (slots) {
      long now = System.nanoTime();
      due =
          slots.values().stream()
              .filter(slot -> mayBeTried(slot, lane, lanes, reached))
              .filter(slot -> slot.asked || slot.dueNanos - now <= 0)
              .sorted((a, b) -> Long.compare(a.parked.sequence(), b.parked.sequence()))
              .limit(ATTEMPTS_AT_ONCE)
              .map(slot -> {
                slot.tryingSince = deliveries.get();
                return slot.parked;
              })
              .toList();
    }
    List<Delivery> found = new ArrayList<>();
    for (ParkedRow parked : due) {
      store.find(parked.entity().name(), parked.key()).map(this::delivery).ifPresent(found::add);
    }
    return found;
  }

  /** The lane that a key belongs to. */
  static int lane(Key key, int lanes) {
    return Math.floorMod(key.stableHash(), lanes);
  }

  /** The lanes of the rows that one and the same constraint stands against. */
  Set<Integer> lanesOfAlike(Delivery waiting, int lanes) {
    synchronized (slots) {
      return alike(waiting).map(parked -> lane(parked.key(), lanes)).collect(Collectors.toSet());
    }
  }

  /**
   * The rows that one and the same constraint stands against, in the journal's order; of very many
   * the newest.
   *
   * @param reached for each lane, up to where all of its own is applied or set aside; -1 for one
   *     whose rows are not asked for
   */
  List<Delivery> alike(Delivery waiting, long[] reached) throws InterruptedException {
    List<ParkedRow> alike;
    synchronized (slots) {
      alike =
          alike(waiting)
              .filter(parked -> parked.sequence() <= reached[lane(parked.key(), reached.length)])
              .sorted(Comparator.comparingLong(ParkedRow::sequence).reversed())
              .limit(ATTEMPTS_AT_ONCE)
              .toList();
    }
    List<Delivery> found = new ArrayList<>();
    for (ParkedRow parked : alike.reversed()) {
      store.find(parked.entity().name(), parked.key()).map(this::delivery).ifPresent(found::add);
    }
    return found;
  }

  private Stream<ParkedRow> alike(Delivery waiting) {
    Slot slot = slots.get(place(waiting.binding(), Objects.requireNonNull(waiting.key())));
    if (slot == null) {
      return Stream.empty();
    }
    Cause cause = cause(slot.parked);
    return slots.values().stream()
        .map(other -> other.parked)
        .filter(parked -> parked.waits() && parked.rejected() == null)
        .filter(parked -> parked.operation() != Operation.DELETE && cause(parked).equals(cause));
  }

  private Delivery delivery(ParkedRow parked) {
    return new Delivery(
        parked.sequence(),
        Objects.requireNonNull(bindings.get(parked.entity().name())),
        parked.operation(),
        parked.key(),
        null,
        parked.row(),
        0,
        parked.sourceTime());
  }

  /** It was tried again in vain. */
  void triedInVain(Delivery delivery, Obstacle obstacle) throws InterruptedException {
    changing.lockInterruptibly();
    try {
      ParkedRow parked = find(delivery.binding(), Objects.requireNonNull(delivery.key()));
      long since;
      synchronized (slots) {
        Slot slot = slots.get(place(delivery.binding(), Objects.requireNonNull(delivery.key())));
        since = slot == null ? NEVER : slot.tryingSince;
      }
      if (parked != null && parked.sequence() == delivery.sequence()) {
        Instant now = clock.instant();
        Problem cause = asUser(obstacle.cause());
        ParkedRow tried = parked.tried(now, obstacle.waits(), cause, obstacle.constraint());
        keep(List.of(tried), since, false);
      }
    } finally {
      changing.unlock();
    }
  }

  /**
   * Has rows tried as soon as the target takes any.
   *
   * @param id one row's number; null for all
   * @return how many
   */
  public int retry(@Nullable Long id) {
    int asked = 0;
    synchronized (slots) {
      for (Slot slot : slots.values()) {
        if (slot.parked.rejected() == null && (id == null || slot.parked.id() == id)) {
          slot.asked = true;
          asked++;
        }
      }
    }
    wake.run();
    return asked;
  }

  /**
   * Gives a row up: it is not tried any more, and its value is remembered as rejected until a newer
   * one is delivered.
   *
   * @return false where no such row is parked
   */
  public boolean reject(long id, String reason) throws InterruptedException {
    changing.lockInterruptibly();
    try {
      ParkedRow found = null;
      synchronized (slots) {
        for (Slot slot : slots.values()) {
          found = slot.parked.id() == id && slot.parked.rejected() == null ? slot.parked : found;
        }
      }
      ParkedRow whole =
          found == null ? null : store.find(found.entity().name(), found.key()).orElse(null);
      if (whole == null) {
        return false;
      }
      keep(List.of(whole.rejectedBecause(reason)), NEVER, false);
      return true;
    } finally {
      changing.unlock();
    }
  }

  public List<ParkedRow> list(long afterId, int atMost, boolean rejectedOnes) {
    return store.list(afterId, atMost, rejectedOnes);
  }
}
