package dev.unisono.engine.state;

import static dev.unisono.engine.fixture.Entities.change;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static dev.unisono.engine.fixture.Entities.texts;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Await;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EngineStateTest {
  private static final Entity PERSON =
      entity(1, "person", List.of("id LONG", "name STRING"), List.of("id"));
  private static final Entity SEAT = entity(2, "seat", List.of("id LONG"), List.of("id"));

  /** More than the journal keeps in memory, so that what came before must be read from disk. */
  private static final long MORE_THAN_THE_TAIL_BYTES = 64L << 20;

  @TempDir Path temporary;
  private final MovableClock clock = new MovableClock();

  /** What the age of the journal is counted by. */
  private final AtomicLong nanos = new AtomicLong();

  private final AtomicLong neededAfter = new AtomicLong(Long.MAX_VALUE);
  private Duration linger = Duration.ZERO;
  private StateFolder folder;
  private EngineState state;

  @BeforeEach
  void open() {
    open(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
  }

  private void open(Duration retention, long retentionBytes, Entity... entities) {
    folder = StateFolder.open(temporary, clock);
    state =
        new EngineState(
            folder,
            List.of(entities),
            retention,
            retentionBytes,
            linger,
            nanos::get,
            neededAfter::get);
    state.start();
  }

  @AfterEach
  void close() {
    state.close();
    folder.close();
  }

  private void reopen(Duration retention, long retentionBytes, Entity... entities) {
    close();
    open(retention, retentionBytes, entities);
  }

  private static CleanChange person(long id, String name) {
    return change(PERSON, Operation.CREATE, new Key(id), row(PERSON, id, name), id);
  }

  private static Intake intake(
      List<CleanChange> changes,
      Map<String, @Nullable String> sourceState,
      long sizeBytes,
      Runnable durable) {
    return new Intake("crm", changes, List.of(), sourceState, sizeBytes, durable);
  }

  private void submitDurably(List<CleanChange> changes, long sizeBytes) throws Exception {
    long head = state.journal().head().sequence();
    state.submit(intake(changes, Map.of(), sizeBytes, () -> {}));
    assertTrue(state.journal().awaitBeyond(head + changes.size() - 1, Duration.ofSeconds(20)));
  }

  private void submitDurably(long fromId, int number, long sizeBytes) throws Exception {
    List<CleanChange> changes = new ArrayList<>();
    for (long id = fromId; id < fromId + number; id++) {
      changes.add(person(id, "name " + id));
    }
    submitDurably(changes, sizeBytes);
  }

  private List<JournalEntry> readAll(long after) {
    List<JournalEntry> all = new ArrayList<>();
    while (true) {
      List<JournalEntry> some = state.journal().read(after, 2_000);
      if (some.isEmpty()) {
        return all;
      }
      all.addAll(some);
      after = some.getLast().sequence();
    }
  }

  private long number(String query) throws SQLException {
    try (Connection connection = folder.connectState();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      assertTrue(row.next());
      return row.getLong(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = folder.connectState();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void assertGapless(List<JournalEntry> entries, long first, long last) {
    assertEquals(last - first + 1, entries.size());
    for (int i = 0; i < entries.size(); i++) {
      assertEquals(first + i, entries.get(i).sequence());
    }
  }

  @Test
  void aCommitThatLingersTakesWhatComesMeanwhileAndEndsForWhoeverWaits() throws Exception {
    linger = Duration.ofMinutes(5);
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    AtomicLong durable = new AtomicLong();
    state.submit(intake(List.of(person(1, "Ada")), Map.of(), 100, durable::incrementAndGet));
    state.submit(intake(List.of(person(2, "Grace")), Map.of(), 100, durable::incrementAndGet));
    assertEquals(0, durable.get());
    assertTrue(state.awaitWritten(Duration.ofSeconds(20)));
    assertEquals(2, durable.get());
    assertEquals(1, number("SELECT count(*) FROM journal"));
    // Enough for a group: nothing is waited for.
    List<CleanChange> many = new ArrayList<>();
    for (long id = 0; id < 10_000; id++) {
      many.add(person(id, "name"));
    }
    submitDurably(many, 100);
  }

  @Test
  void intakesBecomeDurableInTheOrderTheyWereHandedIn() throws Exception {
    List<Integer> durable = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch all = new CountDownLatch(500);
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      int number = i;
      expected.add(i);
      state.submit(
          intake(
              List.of(person(2L * i, "a"), person(2L * i + 1, "b")),
              Map.of("position", Integer.toString(i)),
              200,
              () -> {
                durable.add(number);
                all.countDown();
              }));
    }
    assertTrue(all.await(20, TimeUnit.SECONDS));
    assertEquals(expected, durable);
    assertTrue(state.journal().awaitBeyond(999, Duration.ofSeconds(20)));
    List<JournalEntry> entries = readAll(0);
    assertGapless(entries, 1, 1_000);
    for (int i = 0; i < 1_000; i++) {
      assertEquals(new Key((long) i), entries.get(i).key());
    }
    assertEquals(Map.of("position", "499"), state.sourceState("crm"));
    assertEquals(Map.of(), state.sourceState("another"));
  }

  @Test
  void headEntriesAndSourceStateAreThereAgainAfterReopening() throws Exception {
    Map<String, @Nullable String> sourceState = new HashMap<>();
    sourceState.put("stream", "0/16B3748");
    sourceState.put("snapshot", "person 5");
    state.submit(intake(List.of(person(1, "Ada"), person(2, "Bob")), sourceState, 100, () -> {}));
    Map<String, @Nullable String> removal = new HashMap<>();
    removal.put("snapshot", null);
    CountDownLatch durable = new CountDownLatch(1);
    state.submit(
        intake(
            List.of(change(SEAT, Operation.DELETE, new Key(9L), null, 3)),
            removal,
            100,
            durable::countDown));
    assertTrue(durable.await(20, TimeUnit.SECONDS));
    assertTrue(state.journal().awaitBeyond(2, Duration.ofSeconds(20)));
    List<String> before = texts(readAll(0));
    Cursor head = state.journal().head();
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    assertEquals(head, state.journal().head());
    assertEquals(3, head.sequence());
    assertEquals(before, texts(readAll(0)));
    assertEquals(before.subList(2, 3), texts(readAll(2)));
    assertEquals(Map.of("stream", "0/16B3748"), state.sourceState("crm"));
    submitDurably(10, 1, 100);
    assertGapless(readAll(0), 1, 4);
  }

  @Test
  void deadLettersAreKeptWithTheirCauseAndCountedAgainAfterReopening() throws Exception {
    CleanChange refused = person(7, "nobody");
    DeadLetter letter =
        new DeadLetter(
            clock.instant(),
            PERSON,
            refused.change(),
            new Problem("invalid-value", ProblemType.USER, "name is wrong.", null, ""));
    CountDownLatch durable = new CountDownLatch(1);
    state.submit(
        new Intake(
            "crm",
            List.of(person(1, "Ada")),
            List.of(new Intake.Refusal(1, letter)),
            Map.of("position", "1"),
            10,
            durable::countDown));
    assertTrue(durable.await(20, TimeUnit.SECONDS));
    assertEquals(1, state.deadLetters().counts().open());
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    assertEquals(1, state.deadLetters().counts().open());
    assertEquals(
        1,
        number(
            "SELECT count(*) FROM letter WHERE system = 'crm' AND operation = 'CREATE' AND"
                + " code = 'invalid-value' AND message = 'name is wrong.' AND length(image) > 0"));
  }

  @Test
  void nothingOfABatchIsThereWhileAPartOfItCannotBeWritten() throws Exception {
    submitDurably(1, 1, 10);
    execute(
        "CREATE TRIGGER full BEFORE INSERT ON letter"
            + " BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
    DeadLetter letter =
        new DeadLetter(
            clock.instant(),
            PERSON,
            person(3, "x").change(),
            new Problem("invalid-value", ProblemType.USER, "wrong.", null, ""));
    CountDownLatch durable = new CountDownLatch(1);
    state.submit(
        new Intake(
            "crm",
            List.of(person(2, "Bob")),
            List.of(new Intake.Refusal(1, letter)),
            Map.of("position", "2"),
            10,
            durable::countDown));
    Await.until("the failure shows", () -> state.problem() != null);
    Problem problem = Objects.requireNonNull(state.problem());
    assertEquals("state-failed", problem.code());
    assertEquals(ProblemType.RESOURCES, problem.type());
    assertEquals(1, durable.getCount());
    assertEquals(1, state.journal().head().sequence());
    assertEquals(Map.of(), state.sourceState("crm"));
    assertEquals(1, number("SELECT max(last) FROM journal"));
    execute("DROP TRIGGER full");
    assertTrue(durable.await(20, TimeUnit.SECONDS));
    assertNull(state.problem());
    assertEquals(Map.of("position", "2"), state.sourceState("crm"));
    assertTrue(state.journal().awaitBeyond(1, Duration.ofSeconds(20)));
    assertGapless(readAll(0), 1, 2);
    assertEquals(1, state.deadLetters().counts().open());
  }

  @Test
  void saysWhyWhereTheWriterCannotGoOnByItself() throws Exception {
    submitDurably(1, 1, 10);
    CleanChange impossible = change(PERSON, Operation.CREATE, new Key(2L), row(PERSON, 2L, 3.5), 2);
    state.submit(intake(List.of(impossible), Map.of(), 10, () -> {}));
    Await.until("the fault shows", () -> state.problem() != null);
    assertEquals(ProblemType.INTERNAL, Objects.requireNonNull(state.problem()).type());
    assertEquals(1, state.journal().head().sequence());
  }

  @Test
  void readersGetTheSameFromMemoryAndFromDisk() throws Exception {
    submitDurably(1, 50, 1_000);
    List<String> fromMemory = texts(readAll(0));
    submitDurably(51, 10, MORE_THAN_THE_TAIL_BYTES);
    submitDurably(61, 10, 1_000);
    List<JournalEntry> all = readAll(0);
    assertGapless(all, 1, 70);
    assertEquals(fromMemory, texts(all.subList(0, 50)));
    for (int after = 0; after < 70; after++) {
      List<JournalEntry> some = state.journal().read(after, 1);
      assertEquals(after + 1, some.getFirst().sequence());
    }
    assertEquals(List.of(), state.journal().read(70, 1_000));
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    assertEquals(texts(all), texts(readAll(0)));
    assertEquals(texts(all.subList(33, 70)), texts(readAll(33)));
  }

  @Test
  void readersPassOverEntitiesThatTheConfigHasNoLonger() throws Exception {
    submitDurably(1, 5, 100);
    List<CleanChange> seats = new ArrayList<>();
    for (long id = 0; id < 20; id++) {
      seats.add(change(SEAT, Operation.CREATE, new Key(id), row(SEAT, id), id));
    }
    submitDurably(seats, 100);
    submitDurably(seats, 100);
    submitDurably(6, 5, 100);
    submitDurably(seats, 100);
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON);
    assertEquals(70, state.journal().head().sequence());
    List<JournalEntry> left = readAll(0);
    assertEquals(10, left.size());
    assertEquals(46, left.get(5).sequence());
    assertEquals(List.of(), state.journal().read(50, 1_000));
    assertEquals(46, state.journal().read(20, 1_000).getFirst().sequence());
  }

  @Test
  void smallBlocksAreJoinedAndReadTheSame() throws Exception {
    for (int i = 0; i < 300; i++) {
      CountDownLatch durable = new CountDownLatch(1);
      state.submit(intake(List.of(person(i, "name " + i)), Map.of(), 100, durable::countDown));
      assertTrue(durable.await(20, TimeUnit.SECONDS));
    }
    assertTrue(state.journal().awaitBeyond(299, Duration.ofSeconds(20)));
    List<String> before = texts(readAll(0));
    Await.until("they are joined", () -> number("SELECT count(*) FROM journal") < 50);
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    assertEquals(before, texts(readAll(0)));
    assertEquals(before.subList(150, 300), texts(readAll(150)));
    assertEquals(300, state.journal().head().sequence());
    assertEquals(0, state.journal().oldest().sequence());
  }

  @Test
  void retentionByAgeDropsTheOldestAndTellsAReaderBehindOfTheGap() throws Exception {
    submitDurably(1, 10, 100);
    nanos.addAndGet(Duration.ofDays(8).toNanos());
    submitDurably(11, 10, MORE_THAN_THE_TAIL_BYTES);
    submitDurably(21, 10, 100);
    Await.until("the oldest is dropped", () -> state.journal().oldest().sequence() == 10);
    UnisonoException gap =
        assertThrows(UnisonoException.class, () -> state.journal().read(9, 1_000));
    assertEquals("gap", gap.problem().code());
    assertFalse(gap.problem().type().retryable());
    assertGapless(readAll(10), 11, 30);
    Await.until("it is gone from disk", () -> number("SELECT min(first) FROM journal") == 11);
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    assertEquals(10, state.journal().oldest().sequence());
    assertThrows(UnisonoException.class, () -> state.journal().read(0, 1_000));
    assertGapless(readAll(10), 11, 30);
  }

  @Test
  void retentionCountsTheTimeInWhichTheServerRunsAndNoClockOfTheWall() throws Exception {
    submitDurably(1, 10, 100);
    nanos.addAndGet(Duration.ofDays(6).toNanos());
    submitDurably(11, 10, 100);
    close();
    // While it is away nothing grows old, and the clock may be set to any time.
    nanos.addAndGet(Duration.ofDays(30).toNanos());
    clock.move(Duration.ofDays(10_000));
    open(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    submitDurably(21, 10, 100);
    clock.move(Duration.ofDays(-20_000));
    nanos.addAndGet(Duration.ofDays(2).toNanos());
    submitDurably(31, 10, 100);
    Await.until("the oldest is dropped", () -> state.journal().oldest().sequence() > 0);
    assertEquals(10, state.journal().oldest().sequence());
    assertGapless(readAll(10), 11, 40);
    nanos.addAndGet(Duration.ofDays(6).toNanos());
    Await.until("the next is dropped", () -> state.journal().oldest().sequence() > 10);
    assertEquals(30, state.journal().oldest().sequence());
  }

  @Test
  void retentionKeepsWhatIsStillNeeded() throws Exception {
    neededAfter.set(10);
    submitDurably(1, 10, 100);
    submitDurably(11, 10, 100);
    submitDurably(21, 10, 100);
    nanos.addAndGet(Duration.ofDays(8).toNanos());
    Await.until("the oldest is dropped", () -> state.journal().oldest().sequence() > 0);
    assertEquals(10, state.journal().oldest().sequence());
    neededAfter.set(Long.MAX_VALUE);
    Await.until("more is dropped", () -> state.journal().oldest().sequence() == 20);
  }

  @Test
  void retentionBySizeDropsNoMoreThanItMust() throws Exception {
    for (int i = 0; i < 40; i++) {
      submitDurably(i * 50L, 50, 1_000);
    }
    long all = number("SELECT sum(length(entries)) FROM journal");
    long limit = all / 2;
    reopen(Duration.ofDays(7), limit, PERSON, SEAT);
    Await.until(
        "the journal fits", () -> number("SELECT sum(length(entries)) FROM journal") <= limit);
    long dropped = state.journal().oldest().sequence();
    assertEquals(dropped + 1, number("SELECT min(first) FROM journal"));
    assertTrue(dropped >= 900 && dropped <= 1_100, "dropped through " + dropped);
  }

  @Test
  void theHeadOutlivesEveryRetention() throws Exception {
    submitDurably(1, 10, 100);
    submitDurably(11, 10, 100);
    nanos.addAndGet(Duration.ofDays(30).toNanos());
    Await.until("the oldest is dropped", () -> state.journal().oldest().sequence() >= 10);
    Await.until("it is gone from disk", () -> number("SELECT count(*) FROM journal") <= 1);
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    assertEquals(20, state.journal().head().sequence());
    submitDurably(21, 1, 100);
    assertEquals(21, state.journal().head().sequence());
  }

  @Test
  void listenersHearOfEachCommitUntilTheyAreClosed() throws Exception {
    AtomicLong heard = new AtomicLong();
    Journal.Registration registration = state.journal().onCommit(heard::set);
    submitDurably(1, 3, 100);
    Await.until("it is heard", () -> heard.get() == 3);
    registration.close();
    submitDurably(4, 3, 100);
    submitDurably(7, 1, 100);
    assertEquals(3, heard.get());
    assertFalse(state.journal().awaitBeyond(7, Duration.ZERO));
  }

  @Test
  void aHoleInTheJournalIsToldAndNeverPassedOver() throws Exception {
    submitDurably(1, 10, 100);
    submitDurably(11, 10, 100);
    submitDurably(21, 10, 100);
    execute("DELETE FROM journal WHERE last = 20");
    reopen(Duration.ofDays(7), Long.MAX_VALUE, PERSON, SEAT);
    assertGapless(state.journal().read(0, 1 << 20), 1, 10);
    UnisonoException gap =
        assertThrows(UnisonoException.class, () -> state.journal().read(10, 1 << 20));
    assertEquals("gap", gap.problem().code());
    assertGapless(state.journal().read(20, 1 << 20), 21, 30);
  }

  @Test
  void aSegmentDoesNotComeInThePlaceOfBlocksThatWereDroppedMeanwhile() throws Exception {
    submitDurably(1, 10, 100);
    submitDurably(11, 10, 100);
    submitDurably(21, 10, 100);
    JournalUpkeep.Block joined = new JournalUpkeep.Block(1, 20, 0, new byte[] {1});
    try (Connection writing = folder.connectState()) {
      execute("DELETE FROM journal WHERE last <= 10");
      JournalUpkeep.replace(writing, 2, joined);
      assertEquals(11, number("SELECT min(first) FROM journal"));
      execute("DELETE FROM journal WHERE last <= 20");
      JournalUpkeep.replace(writing, 2, joined);
      assertEquals(21, number("SELECT min(first) FROM journal"));
    }
  }
}
