package dev.unisono.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.Doors.Written;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.fixture.FakeConnector;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.engine.fixture.ScriptedSystem;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.state.KeptLetter;
import dev.unisono.engine.validate.Finding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What callers write goes to the owner, and is answered when its log has shown it. */
final class OwnerWritesTest {
  private static final String CONFIG =
      """
      systems: { crm: { connector: scripted } }
      entities:
        person:
          plural: people
          key: id
          schema:
            required: [name]
            properties:
              id: { type: integer }
              name: { type: string, maxLength: 5 }
              note: { type: string }
              age: { type: integer }
              mood: { type: string }
          standardize: { name: trim }
          rules:
            - { code: minor, check: this.age >= 18, severity: quarantine, message: It may be a child. }
      syncs:
        people:
          entity: person
          members:
            - { system: crm, table: person, direction: read, fields: { mood: null } }
      """;
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Object SAME = Unchanged.UNCHANGED;
  private static final Precondition ANY = Precondition.NONE;

  @TempDir private Path folder;
  private final ScriptedSystem crm = new ScriptedSystem();
  private Engine engine;

  @BeforeEach
  void open() {
    ConfigReader.Outcome outcome =
        new ConfigReader(List.of(new FakeConnector("scripted", _ -> crm.connect())), _ -> null)
            .read(CONFIG, folder);
    assertEquals(List.of(), outcome.problems());
    engine = new Engine(Objects.requireNonNull(outcome.config()), new MovableClock(), () -> {});
    engine.start();
  }

  @AfterEach
  void close() {
    engine.close();
  }

  private Entity person() {
    return engine.entities().getFirst();
  }

  private Row row(
      @Nullable Object id, @Nullable Object name, @Nullable Object note, @Nullable Object age) {
    return new Row(person().schema(), new @Nullable Object[] {id, name, note, age, SAME});
  }

  private void shown(long id, String name, String note, long age) throws Exception {
    crm.shows(crm.change(person(), Operation.CREATE, new Key(id), null, id, name, note, age, null));
    assertTrue(engine.records().awaitSequence(engine.journal().head().sequence(), PATIENCE));
  }

  private static String code(Executable write) {
    return assertThrows(UnisonoException.class, write).problem().code();
  }

  private JournalEntry entry(long sequence) {
    return engine.journal().read(sequence - 1, 1).getFirst();
  }

  private long version(long id) {
    return engine.records().find(person(), new Key(id)).orElseThrow().version();
  }

  private static Written through(Written written, String row) {
    assertEquals(row, Entities.text(written.record().row()));
    return written;
  }

  @Test
  void aRecordIsMadeWithTheKeyThatTheOwnerGivesIt() throws Exception {
    Written written =
        through(
            engine.create(person(), row(SAME, " Kim ", SAME, 20L), PATIENCE),
            "[77, Kim, null, 20, null]");
    assertTrue(written.created());
    assertEquals(new Key(ScriptedSystem.NUMBERED), written.record().key());
    JournalEntry entry = entry(written.sequence());
    assertEquals(Operation.CREATE, entry.operation());
    assertEquals(new Key(ScriptedSystem.NUMBERED), entry.key());
    // As it was standardized, and no null for what was not said.
    assertEquals("[UNCHANGED, Kim, UNCHANGED, 20, UNCHANGED]", Entities.text(written()));
  }

  private Row written() {
    return crm.written().getLast();
  }

  @Test
  void aRecordThatIsThereIsNotMadeAnew() throws Exception {
    shown(1, "Kim", "n", 20);
    assertEquals("exists", code(() -> engine.create(person(), row(1L, "Ada", "n", 36L), PATIENCE)));
    assertEquals(List.of(), crm.written());
    // One of which nothing is known here, the owner tells.
    crm.change(person(), Operation.CREATE, new Key(2L), null);
    assertEquals("exists", code(() -> engine.create(person(), row(2L, "Ada", "n", 36L), PATIENCE)));
  }

  @Test
  void whatIsWrongIsToldBeforeTheOwnerHasIt() throws Exception {
    InvalidPatch invalid =
        assertThrows(
            InvalidPatch.class, () -> engine.create(person(), row(1L, SAME, "n", 20L), PATIENCE));
    assertEquals(List.of("required"), invalid.findings().stream().map(Finding::code).toList());
    assertThrows(
        InvalidPatch.class,
        () -> engine.put(person(), new Key(1L), row(SAME, "too long", "n", 20L), ANY, PATIENCE));
    Row kept = new Row(person().schema(), new @Nullable Object[] {1L, "Kim", null, 20L, "good"});
    assertEquals("refused-by-owner", code(() -> engine.create(person(), kept, PATIENCE)));
    shown(1, "Kim", "n", 20);
    assertThrows(
        InvalidPatch.class,
        () -> engine.put(person(), new Key(1L), row(SAME, SAME, "n", 20L), ANY, PATIENCE));
    assertEquals(
        "key-immutable",
        code(() -> engine.put(person(), new Key(1L), row(2L, "Kim", "n", 20L), ANY, PATIENCE)));
    assertEquals(List.of(), crm.written());
  }

  @Test
  void putReplacesTheWholeRecordOrMakesIt() throws Exception {
    Written made =
        through(
            engine.put(person(), new Key(5L), row(SAME, "Kim", "n", 20L), ANY, PATIENCE),
            "[5, Kim, n, 20, null]");
    assertTrue(made.created());
    Written replaced =
        through(
            engine.put(person(), new Key(5L), row(5L, "Kim", SAME, 21L), ANY, PATIENCE),
            "[5, Kim, null, 21, null]");
    assertFalse(replaced.created());
    assertEquals("[UNCHANGED, Kim, null, 21, UNCHANGED]", Entities.text(written()));
    assertEquals(Operation.UPDATE, entry(replaced.sequence()).operation());
  }

  @Test
  void aPreconditionHoldsOrNothingIsWritten() throws Exception {
    shown(1, "Kim", "n", 20);
    Key one = new Key(1L);
    Key two = new Key(2L);
    Row row = row(SAME, "Ada", "n", 36L);
    Precondition old = new Precondition.Version(version(1) - 1);
    Precondition absent = new Precondition.Absent();
    Precondition there = new Precondition.Present();
    assertEquals("version-mismatch", code(() -> engine.put(person(), one, row, old, PATIENCE)));
    assertEquals("version-mismatch", code(() -> engine.put(person(), two, row, old, PATIENCE)));
    assertEquals("version-mismatch", code(() -> engine.patch(person(), one, row, old, PATIENCE)));
    assertEquals("version-mismatch", code(() -> engine.delete(person(), one, old, PATIENCE)));
    assertEquals(
        "precondition-failed", code(() -> engine.put(person(), one, row, absent, PATIENCE)));
    assertEquals(
        "precondition-failed", code(() -> engine.put(person(), two, row, there, PATIENCE)));
    assertEquals("not-found", code(() -> engine.patch(person(), two, row, there, PATIENCE)));
    assertEquals(List.of(), crm.written());
    through(engine.put(person(), two, row, absent, PATIENCE), "[2, Ada, n, 36, null]");
    Precondition now = new Precondition.Version(version(1));
    through(engine.put(person(), one, row, now, PATIENCE), "[1, Ada, n, 36, null]");
    through(
        engine.patch(person(), one, row(SAME, "Kim", SAME, SAME), there, PATIENCE),
        "[1, Kim, n, 36, null]");
    assertNull(engine.delete(person(), one, there, PATIENCE).record().row());
  }

  @Test
  void aDeletedRecordIsGoneAndMayBeMadeAgain() throws Exception {
    shown(1, "Kim", "n", 20);
    Key key = new Key(1L);
    Written gone = engine.delete(person(), key, new Precondition.Version(version(1)), PATIENCE);
    assertNull(gone.record().row());
    assertFalse(gone.created());
    assertEquals(Operation.DELETE, entry(gone.sequence()).operation());
    assertEquals("gone", code(() -> engine.delete(person(), key, ANY, PATIENCE)));
    assertEquals("not-found", code(() -> engine.delete(person(), new Key(9L), ANY, PATIENCE)));
    assertTrue(engine.create(person(), row(1L, "Ada", "n", 36L), PATIENCE).created());
  }

  @Test
  void whatTheOwnerHasNotAnyMoreIsMadeByPutAlone() throws Exception {
    shown(1, "Kim", "n", 20);
    // Its log is yet to show it.
    crm.change(person(), Operation.DELETE, new Key(1L), null);
    Row row = row(SAME, "Ada", "n", 36L);
    Key key = new Key(1L);
    assertEquals("not-found", code(() -> engine.patch(person(), key, row, ANY, PATIENCE)));
    assertEquals("not-found", code(() -> engine.delete(person(), key, ANY, PATIENCE)));
    Precondition now = new Precondition.Version(version(1));
    assertEquals("version-mismatch", code(() -> engine.put(person(), key, row, now, PATIENCE)));
    assertEquals(
        "precondition-failed",
        code(() -> engine.put(person(), key, row, new Precondition.Present(), PATIENCE)));
    assertTrue(engine.put(person(), key, row, ANY, PATIENCE).created());
  }

  private KeptLetter only() {
    List<KeptLetter> open =
        engine
            .deadLetters()
            .list(new KeptLetter.Filter(null, null, null, null, KeptLetter.State.OPEN, 0, 100));
    assertEquals(1, open.size());
    return open.getFirst();
  }

  @Test
  void aRecordInDoubtIsMadeOnceAPersonHasLetItThrough() throws Exception {
    HeldPatch held =
        assertThrows(
            HeldPatch.class, () -> engine.create(person(), row(SAME, "Kim", SAME, 12L), PATIENCE));
    assertEquals(List.of(), crm.written());
    KeptLetter letter = only();
    assertEquals(held.letter(), letter.id());
    assertEquals(Operation.CREATE, letter.operation());
    assertNull(letter.key());
    assertEquals("[UNCHANGED, Kim, UNCHANGED, 12, UNCHANGED]", Entities.text(letter.row()));
    assertNotNull(engine.deadLetters().replay(letter.id(), PATIENCE).closed());
    // It has come back by the source, and is not held once more.
    assertEquals(0, engine.status().deadLetters().open());
    assertEquals(
        "[77, Kim, null, 12, null]",
        Entities.text(engine.records().find(person(), new Key(77L)).orElseThrow().row()));
    assertThrows(
        HeldPatch.class,
        () -> engine.put(person(), new Key(77L), row(SAME, "Kim", SAME, 13L), ANY, PATIENCE));
    assertNotNull(engine.deadLetters().replay(only().id(), PATIENCE).closed());
    assertThrows(
        HeldPatch.class,
        () -> engine.put(person(), new Key(8L), row(SAME, "Ada", SAME, 13L), ANY, PATIENCE));
    assertEquals(new Key(8L), only().key());
    assertNotNull(engine.deadLetters().replay(only().id(), PATIENCE).closed());
    assertTrue(engine.records().find(person(), new Key(8L)).isPresent());
    // No rule holds a delete.
    assertNull(engine.delete(person(), new Key(8L), ANY, PATIENCE).record().row());
  }

  @Test
  void whatIsNotSeenInTimeIsToldByItsKeyAndNotWrittenTwice() throws Exception {
    crm.fallSilent();
    UnisonoException late =
        assertThrows(
            UnisonoException.class,
            () -> engine.create(person(), row(SAME, "Kim", SAME, 20L), SHORT));
    assertEquals("write-timeout", late.problem().code());
    assertTrue(late.problem().message().contains("person [77]"), late.problem().message());
    long letter =
        assertThrows(
                HeldPatch.class, () -> engine.create(person(), row(3L, "Ada", SAME, 12L), PATIENCE))
            .letter();
    assertEquals("write-timeout", code(() -> engine.deadLetters().replay(letter, SHORT)));
    assertEquals("letter-closed", code(() -> engine.deadLetters().replay(letter, SHORT)));
    assertEquals(2, crm.written().size());
  }

  @Test
  void whoseAnswerIsLostIsToldTheKeyThatItMayHave() throws Exception {
    crm.cutAnswers();
    UnisonoException lost =
        assertThrows(
            UnisonoException.class,
            () -> engine.create(person(), row(SAME, "Kim", SAME, 20L), PATIENCE));
    assertEquals("unreachable", lost.problem().code());
    assertTrue(lost.problem().message().contains("person [77]"), lost.problem().message());
  }

  @Test
  void whatComesBackAndIsRefusedIsToldAtOnce() throws Exception {
    crm.changes(row -> {
      @Nullable Object[] values = row.copyValues();
      values[1] = "Christopher";
      return new Row(row.schema(), values);
    });
    UnisonoException refused =
        assertThrows(
            UnisonoException.class,
            () -> engine.create(person(), row(4L, "Chris", SAME, 20L), PATIENCE));
    assertEquals("write-set-aside", refused.problem().code());
    assertTrue(refused.problem().remedy().contains("dead letter " + only().id()));
    assertEquals("crm", only().system());
  }

  /** Whatever callers do, what they are told is what the journal and the records have. */
  @Test
  void whateverIsAnsweredAsWrittenIsInTheJournal() throws Exception {
    Random random = new Random(20_26);
    Map<Long, String> there = new HashMap<>();
    List<String> refused = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      long id = 1L + random.nextInt(6);
      Key key = new Key(id);
      Row row = row(id, "n" + i, random.nextBoolean() ? "x" : null, 20L + i);
      Row rest = row(SAME, "n" + i, SAME, SAME);
      boolean was = there.containsKey(id);
      try {
        Written written =
            switch (random.nextInt(4)) {
              case 0 -> engine.create(person(), row, PATIENCE);
              case 1 -> engine.put(person(), key, row, ANY, PATIENCE);
              case 2 -> engine.patch(person(), key, rest, ANY, PATIENCE);
              default -> engine.delete(person(), key, ANY, PATIENCE);
            };
        JournalEntry entry = entry(written.sequence());
        assertEquals(key, entry.key());
        assertEquals(written.record().version(), entry.sequence());
        assertEquals(written.created(), !was);
        Row now = written.record().row();
        assertEquals(
            Entities.text(now),
            Entities.text(engine.records().find(person(), key).orElseThrow().row()));
        if (now == null) {
          assertEquals(Operation.DELETE, entry.operation());
          there.remove(id);
        } else {
          Row journaled = Objects.requireNonNull(entry.row());
          assertEquals("n" + i, journaled.value(1));
          there.put(id, Entities.text(now));
        }
      } catch (UnisonoException no) {
        refused.add(no.problem().code());
        assertEquals(was, no.problem().code().equals("exists"));
      }
    }
    assertTrue(refused.contains("exists") && refused.contains("gone"), refused::toString);
    assertEquals(there.size(), engine.records().count(person()));
  }
}
