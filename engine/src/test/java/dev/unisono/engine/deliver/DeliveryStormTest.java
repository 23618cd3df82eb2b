package dev.unisono.engine.deliver;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.fixture.MemoryParkedStore;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.state.ParkedRow;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random transactions over a few keys, delivered through lanes that break all the time, into a
 * target that refuses some of it.
 */
final class DeliveryStormTest {
  private static final Object SAME = Unchanged.UNCHANGED;
  private static final int KEYS = 40;
  private static final int TRANSACTIONS = 400;
  private static final Entity HALL =
      entity(1, "hall", List.of("id LONG", "name STRING"), List.of("id"));
  private static final Entity SEAT =
      entity(2, "seat", List.of("id LONG", "hall LONG", "note STRING"), List.of("id"));
  private static final Entity BADGE =
      entity(3, "badge", List.of("id LONG", "code STRING"), List.of("id"));
  private static final Map<Entity, Binding> BINDINGS =
      Map.of(HALL, binding(HALL), SEAT, binding(SEAT), BADGE, binding(BADGE));
  private static final RefusalRules NO_LIMIT = new RefusalRules(true, 1_000_000, 100);

  private final MemoryJournal journal = new MemoryJournal(1, 7);
  private final Map<Key, Row> halls = new HashMap<>();
  private final Map<Key, Row> seats = new HashMap<>();
  private final Map<Key, Row> badges = new HashMap<>();
  private final MemoryParkedStore store = new MemoryParkedStore();

  /** What there is after each transaction, by the sequence at which it ends. */
  private final TreeMap<Long, List<String>> ends = new TreeMap<>();

  /** One text in so many is one that the target refuses; none where 0. */
  private int oneInBad;

  private long transaction;

  /** Each run wants another number of lanes. */
  private final Random relaning = new Random(11);

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 60);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void endsAsTheJournalSaysAndNeverGoesBack(long seed) throws Exception {
    Random random = new Random(seed);
    MemoryTarget target = target(random, seed);
    work(random, target);
    assertEquals(MemoryTarget.texts(halls), target.rows(HALL.schema()));
    assertEquals(MemoryTarget.texts(seats), target.rows(SEAT.schema()));
    assertEquals(MemoryTarget.texts(badges), target.rows(BADGE.schema()));
    assertEquals(List.of(), target.violations());
    assertTrue(target.units() > 0, "some transactions had to be applied as units");
    assertEquals(List.of(), store.list(0, 10, false));
  }

  /** Whatever cannot be is parked as it should be, and everything else is there. */
  @ParameterizedTest
  @MethodSource("seeds")
  void parksExactlyWhatCannotBeAndNeverGoesBack(long seed) throws Exception {
    oneInBad = 6;
    Random random = new Random(seed);
    MemoryTarget target = target(random, seed);
    target.refuseRows(row -> String.valueOf(row.value(row.schema().size() - 1)).startsWith("bad"));
    work(random, target);
    assertEquals(List.of(), target.violations());
    Map<String, String> missing = new TreeMap<>();
    addMissing(missing, HALL, halls, target);
    addMissing(missing, SEAT, seats, target);
    addMissing(missing, BADGE, badges, target);
    Map<String, String> parked = new TreeMap<>();
    for (ParkedRow row : store.list(0, 10_000, false)) {
      Row image = row.row();
      String place = row.entity().name() + row.key();
      Row there = target.row(row.entity().schema(), row.key());
      Row whole = image == null || there == null ? image : image.over(there);
      parked.put(place, whole == null ? "none" : MemoryTarget.text(whole));
      assertFalse(
          target.takes(row.entity().schema(), row.key(), image),
          () -> place + " could be written: " + parked.get(place) + ", " + row.cause());
    }
    assertEquals(missing, parked);
    target.refuseRows(_ -> false);
    parkedRows().retry(null);
    deliver(target, true);
    assertEquals(MemoryTarget.texts(halls), target.rows(HALL.schema()));
    assertEquals(MemoryTarget.texts(seats), target.rows(SEAT.schema()));
    assertEquals(MemoryTarget.texts(badges), target.rows(BADGE.schema()));
    assertEquals(List.of(), target.violations());
  }

  /** Whatever others see of the target is as the source was after one of its transactions. */
  @ParameterizedTest
  @MethodSource("seeds")
  void showsWholeTransactionsOnlyWhereTheyAreKept(long seed) throws Exception {
    Random random = new Random(seed);
    MemoryTarget target = target(random, seed);
    List<String> torn = Collections.synchronizedList(new ArrayList<>());
    // Some of it has been delivered by lanes before, each as far as it came.
    for (int i = 0; i < TRANSACTIONS / 4; i++) {
      commit(random);
    }
    deliver(target, false);
    long lanesUpTo = journal.head().sequence();
    target.keep(sequence -> {
      if (sequence < lanesUpTo) {
        return;
      }
      List<String> wanted;
      synchronized (ends) {
        Map.Entry<Long, List<String>> end = ends.floorEntry(sequence);
        wanted = end == null ? List.of() : end.getValue();
      }
      List<String> seen =
          List.of(
              HALL.name() + target.rows(HALL.schema()),
              SEAT.name() + target.rows(SEAT.schema()),
              BADGE.name() + target.rows(BADGE.schema()));
      if (!seen.equals(wanted)) {
        torn.add("at " + sequence + ": " + seen + ", not " + wanted);
      }
    });
    work(random, target);
    assertEquals(List.of(), torn);
    assertEquals(MemoryTarget.texts(halls), target.rows(HALL.schema()));
    assertEquals(MemoryTarget.texts(seats), target.rows(SEAT.schema()));
    assertEquals(MemoryTarget.texts(badges), target.rows(BADGE.schema()));
    assertEquals(List.of(), target.violations());
    assertEquals(List.of(), target.repeated());
    assertEquals(List.of(), store.list(0, 10, false));
  }

  /** The same as without: what cannot be is parked, and comes once it can be. */
  @ParameterizedTest
  @MethodSource("seeds")
  void parksWhatCannotBeWhereTransactionsAreKept(long seed) throws Exception {
    oneInBad = 6;
    Random random = new Random(seed);
    MemoryTarget target = target(random, seed).keep(_ -> {});
    target.refuseRows(row -> String.valueOf(row.value(row.schema().size() - 1)).startsWith("bad"));
    work(random, target);
    assertFalse(store.list(0, 10, false).isEmpty());
    target.refuseRows(_ -> false);
    parkedRows().retry(null);
    deliver(target, true);
    assertEquals(MemoryTarget.texts(halls), target.rows(HALL.schema()));
    assertEquals(MemoryTarget.texts(seats), target.rows(SEAT.schema()));
    assertEquals(MemoryTarget.texts(badges), target.rows(BADGE.schema()));
    assertEquals(List.of(), target.violations());
    assertEquals(List.of(), store.list(0, 10, false));
  }

  private static void addMissing(
      Map<String, String> missing, Entity entity, Map<Key, Row> wanted, MemoryTarget target) {
    Map<String, String> there = target.rows(entity.schema());
    Map<String, String> all = MemoryTarget.texts(wanted);
    for (String key : there.keySet()) {
      if (!all.containsKey(key)) {
        missing.put(entity.name() + key, "none");
      }
    }
    all.forEach((key, row) -> {
      if (!row.equals(there.get(key))) {
        missing.put(entity.name() + key, row);
      }
    });
  }

  private static MemoryTarget target(Random random, long seed) {
    MemoryTarget target =
        new MemoryTarget(1 + random.nextInt(5))
            .refer(SEAT.schema(), "hall", HALL.schema())
            .unique(BADGE.schema(), "code");
    target.faults(MemoryTarget.breakingSometimes(seed, 12, 150));
    return target;
  }

  private void work(Random random, MemoryTarget target) throws InterruptedException {
    for (int i = 0; i < TRANSACTIONS / 2; i++) {
      commit(random);
    }
    Thread writer =
        Thread.ofPlatform()
            .name("writer")
            .start(() -> {
              for (int i = 0; i < TRANSACTIONS / 2; i++) {
                commit(random);
              }
            });
    deliver(target, false);
    writer.join();
    // A transaction that is over, so that nothing waits for more of the one before.
    transaction++;
    List<JournalEntry> last = new ArrayList<>();
    add(last, HALL, Operation.UPDATE, new Key(-1L), null, row(HALL, -1L, "last"));
    halls.put(new Key(-1L), row(HALL, -1L, "last"));
    append(random, last);
    deliver(target, true);
  }

  /** As after a start of the server. */
  private ParkedRows parkedRows() {
    return new ParkedRows(
        "shop",
        BINDINGS,
        Map.of("hall", NO_LIMIT, "seat", NO_LIMIT, "badge", NO_LIMIT),
        store,
        InstantSource.system());
  }

  /** Runs again and again, from the target's cursors, until all of the journal is through. */
  private void deliver(MemoryTarget target, boolean settled) throws InterruptedException {
    long until = journal.head().sequence();
    for (int runs = 0; ; runs++) {
      AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
      AtomicBoolean ended = new AtomicBoolean();
      ParkedRows parked = parkedRows();
      target.want(1 + relaning.nextInt(5));
      Delivering run =
          target.keepsTransactions()
              ? new TransactionRun("shop", target, BINDINGS, journal, parked, smallParts())
              : new DeliveryRun("shop", target, BINDINGS, journal, parked, SystemLimits.standard());
      run.open();
      Thread dispatcher =
          Thread.ofVirtual()
              .start(() -> {
                try (run) {
                  run.run();
                  ended.set(true);
                } catch (InterruptedException stop) {
                  Thread.currentThread().interrupt();
                } catch (UnisonoException | AssertionError failed) {
                  failure.set(failed);
                }
              });
      boolean through = run.awaitThrough(until, Duration.ofSeconds(60));
      if (through && !ended.get() && (!settled || settle(parked, target, dispatcher))) {
        dispatcher.interrupt();
        dispatcher.join();
        return;
      }
      dispatcher.join(Duration.ofSeconds(10));
      if (ended.get()) {
        continue; // Its lanes are others now.
      }
      Throwable failed = Objects.requireNonNull(failure.get(), "delivery hangs");
      assertTrue(
          failed instanceof UnisonoException unisono && unisono.problem().type().retryable(),
          () -> failed + (settled ? "" : ", while the journal grows"));
      assertTrue(runs < 1_000, "it never ends");
    }
  }

  /** So that many a transaction is written before all of it is there. */
  private SystemLimits smallParts() {
    return new SystemLimits(1 << 20, 1_000, 1 << 20, 100 + relaning.nextInt(1_500));
  }

  /** Waits until nothing that is parked could be written; false where the run broke before. */
  private boolean settle(ParkedRows parked, MemoryTarget target, Thread dispatcher)
      throws InterruptedException {
    long deadlineNanos = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (dispatcher.isAlive()) {
      List<ParkedRow> could =
          store.list(0, 10_000, false).stream()
              .filter(row -> target.takes(row.entity().schema(), row.key(), row.row()))
              .toList();
      if (could.isEmpty()) {
        return true;
      }
      parked.retry(null);
      assertTrue(System.nanoTime() < deadlineNanos, () -> "still parked: " + could);
      dispatcher.join(Duration.ofMillis(5));
    }
    return false;
  }

  private String text(Random random, String good) {
    return oneInBad > 0 && random.nextInt(oneInBad) == 0 ? "bad" + good : good;
  }

  private void commit(Random random) {
    transaction++;
    List<JournalEntry> entries = new ArrayList<>();
    switch (random.nextInt(15)) {
      case 0, 1, 2 -> family(random, entries);
      case 3 -> moveSeat(random, entries);
      case 4 -> moveHall(random, entries);
      case 5 -> removeHall(random, entries);
      case 6 -> {
        if (random.nextInt(10) == 0) {
          add(entries, SEAT, Operation.TRUNCATE, null, null, null);
          seats.clear();
        }
      }
      case 7 -> removeSeats(random, entries);
      case 8, 9, 10 -> badges(random, entries);
      default -> updates(random, entries);
    }
    if (!entries.isEmpty()) {
      append(random, entries);
    }
  }

  /** A transaction comes whole or in parts; what it comes to is noted before it is all there. */
  private void append(Random random, List<JournalEntry> entries) {
    List<String> now = List.of(text(HALL, halls), text(SEAT, seats), text(BADGE, badges));
    synchronized (ends) {
      ends.put(entries.getLast().sequence(), now);
    }
    while (entries.size() > 1 && random.nextInt(3) == 0) {
      int part = 1 + random.nextInt(entries.size() - 1);
      journal.append(entries.subList(0, part), Map.of(entries.getFirst().origin(), transaction));
      entries = entries.subList(part, entries.size());
    }
    journal.append(entries);
  }

  private static String text(Entity entity, Map<Key, Row> rows) {
    return entity.name() + MemoryTarget.texts(rows);
  }

  private void add(
      List<JournalEntry> entries,
      Entity entity,
      Operation operation,
      @Nullable Key key,
      @Nullable Key previous,
      @Nullable Row row) {
    entries.add(
        entry(journal.next() + entries.size(), entity, operation, key, previous, row, transaction));
  }

  private Key anyKey(Random random) {
    return new Key((long) random.nextInt(KEYS));
  }

  /** A hall and seats in it, in any order, as deferred constraints allow. */
  private void family(Random random, List<JournalEntry> entries) {
    List<Runnable> steps = new ArrayList<>();
    Key hall = anyKey(random);
    Row hallRow = row(HALL, hall.part(0), text(random, "t" + transaction));
    steps.add(() -> add(entries, HALL, Operation.UPDATE, hall, null, hallRow));
    halls.put(hall, hallRow);
    Map<Key, Row> children = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Key seat = anyKey(random);
      children.put(seat, row(SEAT, seat.part(0), hall.part(0), text(random, "t" + transaction)));
    }
    children.forEach(
        (seat, row) -> steps.add(() -> add(entries, SEAT, Operation.UPDATE, seat, null, row)));
    seats.putAll(children);
    Collections.shuffle(steps, random);
    steps.forEach(Runnable::run);
  }

  /** Codes that are taken over: each is in one row only when the transaction ends. */
  private void badges(Random random, List<JournalEntry> entries) {
    Key one = new Key((long) random.nextInt(8));
    Key two = new Key((long) random.nextInt(8));
    Row first = badges.get(one);
    Row second = badges.get(two);
    if (first == null) {
      put(entries, BADGE, badges, one, row(BADGE, one.part(0), "c" + transaction));
    } else if (second == null) {
      add(entries, BADGE, Operation.DELETE, one, null, null);
      badges.remove(one);
      put(entries, BADGE, badges, two, row(BADGE, two.part(0), first.value("code")));
    } else if (!one.equals(two)) {
      put(entries, BADGE, badges, one, row(BADGE, one.part(0), second.value("code")));
      put(entries, BADGE, badges, two, row(BADGE, two.part(0), first.value("code")));
    }
  }

  private void put(
      List<JournalEntry> entries, Entity entity, Map<Key, Row> rows, Key key, Row row) {
    add(entries, entity, Operation.UPDATE, key, null, row);
    rows.put(key, row);
  }

  private void updates(Random random, List<JournalEntry> entries) {
    for (int i = random.nextInt(6); i >= 0; i--) {
      Key key = anyKey(random);
      Row there = seats.get(key);
      if (there != null) {
        Row row = row(SEAT, key.part(0), SAME, text(random, "t" + transaction + "." + i));
        add(entries, SEAT, Operation.UPDATE, key, null, row);
        seats.put(key, row.over(there));
      } else {
        Row row = row(SEAT, key.part(0), null, "t" + transaction);
        add(entries, SEAT, Operation.CREATE, key, null, row);
        seats.put(key, row);
      }
    }
  }

  private void moveSeat(Random random, List<JournalEntry> entries) {
    Key from = anyKey(random);
    Key to = anyKey(random);
    Row there = seats.get(from);
    if (there == null || seats.containsKey(to)) {
      return;
    }
    Row row =
        row(
            SEAT,
            to.part(0),
            SAME,
            random.nextBoolean() ? SAME : text(random, "moved" + transaction));
    add(entries, SEAT, Operation.UPDATE, to, from, row);
    seats.remove(from);
    seats.put(to, row.over(there));
  }

  /** The seats follow the hall's new key in the same transaction. */
  private void moveHall(Random random, List<JournalEntry> entries) {
    Key from = anyKey(random);
    Key to = anyKey(random);
    Row there = halls.get(from);
    if (there == null || halls.containsKey(to)) {
      return;
    }
    Row row = row(HALL, to.part(0), SAME);
    add(entries, HALL, Operation.UPDATE, to, from, row);
    halls.remove(from);
    halls.put(to, row.over(there));
    for (Map.Entry<Key, Row> seat : List.copyOf(seats.entrySet())) {
      if (from.part(0).equals(seat.getValue().value("hall"))) {
        Row follows = row(SEAT, seat.getKey().part(0), to.part(0), SAME);
        add(entries, SEAT, Operation.UPDATE, seat.getKey(), null, follows);
        seats.put(seat.getKey(), follows.over(seat.getValue()));
      }
    }
  }

  private void removeHall(Random random, List<JournalEntry> entries) {
    Key hall = anyKey(random);
    if (!halls.containsKey(hall)) {
      return;
    }
    List<Runnable> steps = new ArrayList<>();
    steps.add(() -> add(entries, HALL, Operation.DELETE, hall, null, null));
    for (Map.Entry<Key, Row> seat : List.copyOf(seats.entrySet())) {
      if (hall.part(0).equals(seat.getValue().value("hall"))) {
        steps.add(() -> add(entries, SEAT, Operation.DELETE, seat.getKey(), null, null));
        seats.remove(seat.getKey());
      }
    }
    halls.remove(hall);
    Collections.shuffle(steps, random);
    steps.forEach(Runnable::run);
  }

  private void removeSeats(Random random, List<JournalEntry> entries) {
    for (int i = 0; i < 3; i++) {
      Key key = anyKey(random);
      if (seats.remove(key) != null) {
        add(entries, SEAT, Operation.DELETE, key, null, null);
      }
    }
  }
}
