package dev.unisono.engine.deliver;

import static dev.unisono.engine.fixture.Entities.binding;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random transactions over a few keys, delivered through lanes that break all the time. */
final class DeliveryStormTest {
  private static final Object SAME = Unchanged.UNCHANGED;
  private static final int KEYS = 40;
  private static final int TRANSACTIONS = 400;
  private static final Entity HALL =
      entity(1, "hall", List.of("id LONG", "name STRING"), List.of("id"));
  private static final Entity SEAT =
      entity(2, "seat", List.of("id LONG", "hall LONG", "note STRING"), List.of("id"));
  private static final Map<Entity, Binding> BINDINGS =
      Map.of(HALL, binding(HALL), SEAT, binding(SEAT));

  private final MemoryJournal journal = new MemoryJournal(1, 7);
  private final Map<Key, Row> halls = new HashMap<>();
  private final Map<Key, Row> seats = new HashMap<>();
  private long transaction;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 40);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void endsAsTheJournalSaysAndNeverGoesBack(long seed) throws Exception {
    Random random = new Random(seed);
    MemoryTarget target =
        new MemoryTarget(1 + random.nextInt(5)).refer(SEAT.schema(), "hall", HALL.schema());
    target.faults(MemoryTarget.breakingSometimes(seed, 12, 150));
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
    deliver(target, true);
    assertEquals(MemoryTarget.texts(halls), target.rows(HALL.schema()));
    assertEquals(MemoryTarget.texts(seats), target.rows(SEAT.schema()));
    assertEquals(List.of(), target.violations());
    assertEquals(List.of(), target.repeated());
    assertTrue(target.units() > 0, "some transactions had to be applied as units");
  }

  /** Runs again and again, from the target's cursors, until all of the journal is through. */
  private void deliver(MemoryTarget target, boolean settled) throws InterruptedException {
    long until = journal.head().sequence();
    for (int runs = 0; ; runs++) {
      AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
      DeliveryRun run = new DeliveryRun("shop", target, BINDINGS, journal);
      run.open();
      Thread dispatcher =
          Thread.ofVirtual()
              .start(() -> {
                try (run) {
                  run.run();
                } catch (InterruptedException stop) {
                  Thread.currentThread().interrupt();
                } catch (UnisonoException | AssertionError failed) {
                  failure.set(failed);
                }
              });
      boolean through = run.awaitThrough(until, Duration.ofSeconds(60));
      if (through) {
        dispatcher.interrupt();
        dispatcher.join();
        return;
      }
      dispatcher.join(Duration.ofSeconds(10));
      Throwable failed = Objects.requireNonNull(failure.get(), "delivery hangs");
      assertTrue(
          failed instanceof UnisonoException unisono && unisono.problem().type().retryable(),
          () -> failed + (settled ? "" : ", while the journal grows"));
      assertTrue(runs < 1_000, "it never ends");
    }
  }

  private void commit(Random random) {
    transaction++;
    List<JournalEntry> entries = new ArrayList<>();
    switch (random.nextInt(12)) {
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
      default -> updates(random, entries);
    }
    if (!entries.isEmpty()) {
      journal.append(entries);
    }
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
    Row hallRow = row(HALL, hall.part(0), "t" + transaction);
    steps.add(() -> add(entries, HALL, Operation.UPDATE, hall, null, hallRow));
    halls.put(hall, hallRow);
    Map<Key, Row> children = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Key seat = anyKey(random);
      children.put(seat, row(SEAT, seat.part(0), hall.part(0), "t" + transaction));
    }
    children.forEach(
        (seat, row) -> steps.add(() -> add(entries, SEAT, Operation.UPDATE, seat, null, row)));
    seats.putAll(children);
    Collections.shuffle(steps, random);
    steps.forEach(Runnable::run);
  }

  private void updates(Random random, List<JournalEntry> entries) {
    for (int i = random.nextInt(6); i >= 0; i--) {
      Key key = anyKey(random);
      Row there = seats.get(key);
      if (there != null) {
        Row row = row(SEAT, key.part(0), SAME, "t" + transaction + "." + i);
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
    Row row = row(SEAT, to.part(0), SAME, random.nextBoolean() ? SAME : "moved" + transaction);
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
