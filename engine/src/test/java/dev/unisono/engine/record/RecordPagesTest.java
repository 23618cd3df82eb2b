package dev.unisono.engine.record;

import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.entry;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.record.Condition.Comparison;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.RecordQuery.Sort;
import dev.unisono.engine.state.Shapes;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A page is of the position that it names, whether memory had it, its records or nothing of it. */
final class RecordPagesTest {
  private static final int CARDS = 40;
  private static final int PILES = 4;

  /** More than there are connections to the database. */
  private static final int READERS = 12;

  private static final Entity CARD = card();
  private static final Entity NOISE = entity(2, "noise", List.of("id LONG"), List.of("id"), "id");

  private final MemoryJournal journal = new MemoryJournal(5, 7);

  /** What each pile has at each position, as text. */
  private final Map<Long, List<String>> piles = new ConcurrentHashMap<>();

  /** By card: its place, and when it was put there; as the writer knows it. */
  private final Map<Long, Row> cards = new HashMap<>();

  private final Map<Long, Long> versions = new HashMap<>();
  private StateFolder folder;
  private RecordProjection projection;
  private StoredRecords records;

  private static Entity card() {
    Entity single =
        entity(
            1,
            "card",
            List.of("id LONG", "pile LONG", "place LONG"),
            List.of("id"),
            "id",
            "pile",
            "place");
    return new Entity(
        single.id(),
        single.plural(),
        single.schema(),
        single.fields(),
        single.indexed(),
        List.of(List.of("pile", "place")),
        true);
  }

  @BeforeEach
  void start(@TempDir Path temporary) throws Exception {
    folder = StateFolder.open(temporary, new MovableClock());
    try (Connection connection = folder.connectState()) {
      Shapes shapes = Shapes.open(connection, List.of(CARD, NOISE));
      projection = new RecordProjection(folder, journal, shapes, List.of(CARD, NOISE));
      records = new StoredRecords(folder, shapes, projection);
    }
    note(0);
    projection.start();
  }

  @AfterEach
  void close() {
    projection.close();
    records.close();
    folder.close();
  }

  private void note(long sequence) {
    List<String> all = new ArrayList<>();
    for (long pile = 0; pile < PILES; pile++) {
      long wanted = pile;
      all.add(
          cards.entrySet().stream()
              .filter(card -> Objects.equals(card.getValue().value(1), wanted))
              .sorted(
                  Comparator.comparing(
                          (Map.Entry<Long, Row> card) -> (Long) card.getValue().value(2))
                      .thenComparing(Map.Entry::getKey)
                      .reversed())
              .map(card -> card.getKey() + "@" + versions.get(card.getKey()))
              .toList()
              .toString());
    }
    piles.put(sequence, all);
  }

  private static RecordQuery pile(long pile) {
    return new RecordQuery(
        new Condition.Compared("pile", Comparison.EQUAL, pile),
        List.of(new Sort("place", true)),
        Edge.BEGINNING,
        CARDS,
        Duration.ofMinutes(1),
        null);
  }

  private static String text(Records.Page page) {
    return page.records().stream()
        .map(record -> record.key().part(0) + "@" + record.version())
        .toList()
        .toString();
  }

  private void append(JournalEntry entry) {
    Key key = entry.key();
    if (entry.operation() == Operation.TRUNCATE) {
      cards.clear();
    } else if (entry.entity().equals(CARD) && key != null) {
      Row row = entry.row();
      cards.remove((Long) key.part(0));
      if (row != null) {
        cards.put((Long) key.part(0), row);
        versions.put((Long) key.part(0), entry.sequence());
      }
    }
    note(entry.sequence());
    journal.append(List.of(entry));
  }

  private void put(long id, long pile, long place) {
    Operation operation = cards.containsKey(id) ? Operation.UPDATE : Operation.CREATE;
    long sequence = journal.next();
    append(
        entry(sequence, CARD, operation, new Key(id), null, row(CARD, id, pile, place), sequence));
  }

  private void step(Random random) {
    long sequence = journal.next();
    long id = random.nextInt(CARDS);
    switch (random.nextInt(40)) {
      case 0, 1, 2, 3 ->
          append(
              entry(
                  sequence,
                  NOISE,
                  Operation.CREATE,
                  new Key(sequence),
                  null,
                  row(NOISE, sequence),
                  sequence));
      case 4, 5 -> {
        if (cards.containsKey(id)) {
          append(entry(sequence, CARD, Operation.DELETE, new Key(id), null, null, sequence));
        }
      }
      case 6 -> {
        if (random.nextInt(20) == 0) {
          append(entry(sequence, CARD, Operation.TRUNCATE, null, null, null, sequence));
        }
      }
      default -> put(id, random.nextInt(PILES), random.nextInt(5));
    }
  }

  @Test
  @Timeout(120)
  void pagesAndRecordsAreOfTheirPositionsWhileAllChanges() throws Exception {
    AtomicInteger fromMemory = new AtomicInteger();
    try (ExecutorService readers = Executors.newFixedThreadPool(2 * READERS)) {
      List<Future<?>> reading = new ArrayList<>();
      Thread writer = Thread.currentThread();
      for (int i = 0; i < READERS; i++) {
        Random random = new Random(i);
        reading.add(readers.submit(() -> read(random, writer, fromMemory)));
        reading.add(readers.submit(() -> find(random, writer)));
      }
      Random random = new Random(3);
      for (int i = 0; i < 6_000 && reading.stream().noneMatch(Future::isDone); i++) {
        step(random);
        if (random.nextInt(30) == 0) {
          // Now and then all of it has come to rest.
          await();
        }
      }
      await();
      writing = false;
      for (Future<?> each : reading) {
        each.get();
      }
    }
    assertTrue(fromMemory.get() > 0, "nothing was answered from memory");
  }

  private volatile boolean writing = true;

  private void read(Random random, Thread writer, AtomicInteger fromMemory) {
    while (writing && writer.isAlive()) {
      long pile = random.nextInt(PILES);
      long before = records.position().sequence();
      Records.Page page = random.nextBoolean() ? records.held(CARD, pile(pile)) : null;
      if (page == null) {
        page = records.list(CARD, pile(pile));
      } else {
        fromMemory.incrementAndGet();
      }
      long at = page.position().sequence();
      assertTrue(at >= before, () -> "a page of " + at + " after " + before + " was told");
      List<String> then = Objects.requireNonNull(piles.get(at));
      assertEquals(then.get((int) pile), text(page), () -> "pile " + pile + " at " + at);
      if (!page.records().isEmpty()) {
        EntityRecord shown = page.records().get(random.nextInt(page.records().size()));
        EntityRecord found = records.find(CARD, shown.key()).orElseThrow();
        assertTrue(
            found.version() >= shown.version(),
            () -> "a record goes back from " + shown + " to " + found);
      }
    }
  }

  /** One record after the other, also such as memory does not have. */
  private void find(Random random, Thread writer) {
    while (writing && writer.isAlive()) {
      var _ = records.find(CARD, new Key((long) random.nextInt(CARDS)));
    }
  }

  private void await() throws InterruptedException {
    assertTrue(
        records.awaitSequence(journal.head().sequence(), Duration.ofSeconds(20)),
        () -> "the records stand at " + records.position() + ", " + projection.problem());
  }

  @Test
  void aPageIsHeldUntilItsEntityChanges() throws Exception {
    put(1, 0, 3);
    put(2, 0, 4);
    await();
    assertNull(records.held(CARD, pile(0)));
    assertEquals("[2@2, 1@1]", text(records.list(CARD, pile(0))));
    assertEquals("[2@2, 1@1]", text(held(0)));
    // What another entity does moves the position alone.
    append(entry(3, NOISE, Operation.CREATE, new Key(3L), null, row(NOISE, 3L), 3));
    await();
    assertEquals(3, held(0).position().sequence());
    put(1, 1, 3);
    await();
    assertNull(records.held(CARD, pile(0)));
    assertEquals("[2@2]", text(records.list(CARD, pile(0))));
    append(entry(5, CARD, Operation.TRUNCATE, null, null, null, 5));
    await();
    assertNull(records.held(CARD, pile(0)));
    assertEquals("[]", text(records.list(CARD, pile(0))));
  }

  private Records.Page held(long pile) {
    Records.Page page = records.held(CARD, pile(pile));
    assertNotNull(page, "the page is not in memory");
    return page;
  }
}
