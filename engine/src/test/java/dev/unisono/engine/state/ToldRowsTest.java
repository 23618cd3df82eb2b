package dev.unisono.engine.state;

import static dev.unisono.engine.fixture.Entities.change;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Change;
import dev.unisono.spi.Key;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes on of rows that a source tells again. */
class ToldRowsTest {
  private static final Entity PERSON =
      entity(1, "person", List.of("id LONG", "name STRING"), List.of("id"));

  @TempDir private Path temporary;
  private StateFolder folder;
  private EngineState state;
  private long seen;

  @BeforeEach
  void open() {
    open(Map.of(PERSON, Told.ALL));
  }

  private void open(Map<Entity, Told> told) {
    folder = StateFolder.open(temporary, InstantSource.system());
    state =
        new EngineState(
            folder,
            List.of(PERSON),
            Duration.ofDays(7),
            Long.MAX_VALUE,
            Duration.ZERO,
            System::nanoTime,
            () -> Long.MAX_VALUE,
            new EngineState.Stages(
                EngineState.MergingFactory.NONE, told, Constraining.Factory.NONE),
            Long.MAX_VALUE,
            _ -> {});
    state.start();
  }

  private void reopen(Map<Entity, Told> told) {
    close();
    open(told);
  }

  @AfterEach
  void close() {
    state.close();
    folder.close();
  }

  private static CleanChange told(Operation operation, long id, @Nullable Object name) {
    return change(PERSON, operation, new Key(id), row(PERSON, id, name), 1);
  }

  private static CleanChange gone(long id) {
    return change(PERSON, Operation.DELETE, new Key(id), null, 1);
  }

  /** What the journal has of it, each as its operation and the row. */
  private List<String> journaled(CleanChange... changes) throws Exception {
    return journaled(List.of(changes), List.of());
  }

  private List<String> journaled(List<CleanChange> changes, List<DeadLetter> refused)
      throws Exception {
    List<Intake.Refusal> refusals =
        refused.stream().map(letter -> new Intake.Refusal(changes.size(), letter)).toList();
    state.submit(new Intake("crm", changes, refusals, Map.of(), 100, () -> {}));
    assertTrue(state.awaitWritten(Duration.ofSeconds(20)));
    List<String> found = new ArrayList<>();
    for (JournalEntry entry : state.journal().read(seen, 1 << 20)) {
      Row row = entry.row();
      found.add(
          entry.operation()
              + " "
              + (row == null ? entry.key() : Arrays.toString(row.copyValues())));
      seen = entry.sequence();
    }
    return found;
  }

  @Test
  void ofRowsToldAgainOnlyWhatDiffersGoesOn() throws Exception {
    assertEquals(
        List.of("READ [1, Ada]", "READ [2, Bob]"),
        journaled(told(Operation.READ, 1, "Ada"), told(Operation.READ, 2, "Bob")));
    assertEquals(
        List.of("UPDATE [2, Bo]", "CREATE [3, Cleo]"),
        journaled(
            told(Operation.REFRESH, 1, "Ada"),
            told(Operation.REFRESH, 2, "Bo"),
            told(Operation.REFRESH, 3, "Cleo"),
            told(Operation.REFRESH, 2, "Bo")));
    // There and back again within one batch is two changes.
    assertEquals(
        List.of("UPDATE [1, Eve]", "UPDATE [1, Ada]"),
        journaled(told(Operation.REFRESH, 1, "Eve"), told(Operation.REFRESH, 1, "Ada")));
    assertEquals(List.of("DELETE [1]"), journaled(gone(1)));
    assertEquals(List.of("CREATE [1, Ada]"), journaled(told(Operation.REFRESH, 1, "Ada")));
  }

  @Test
  void isKnownAgainAfterARestart() throws Exception {
    journaled(told(Operation.READ, 1, "Ada"));
    reopen(Map.of(PERSON, Told.ALL));
    assertEquals(List.of(), journaled(told(Operation.REFRESH, 1, "Ada")));
    assertEquals(new KeyPage(List.of(new Key(1L)), null), state.toldKeys(PERSON, null, 10));
  }

  /** What changed while nobody kept it would be taken for what is there. */
  @Test
  void isForgottenWhileItIsNotKept() throws Exception {
    journaled(told(Operation.READ, 1, "Ada"));
    reopen(Map.of());
    assertEquals(List.of("UPDATE [1, Eve]"), journaled(told(Operation.UPDATE, 1, "Eve")));
    // A row told again without that is as one that was read.
    assertEquals(List.of("READ [1, Eve]"), journaled(told(Operation.REFRESH, 1, "Eve")));
    reopen(Map.of(PERSON, Told.SOME));
    assertEquals(List.of("READ [1, Ada]"), journaled(told(Operation.REFRESH, 1, "Ada")));
  }

  @Test
  void aChangeThatDoesNotSayAllIsToldAgainOnce() throws Exception {
    journaled(told(Operation.READ, 1, "Ada"), told(Operation.UPDATE, 1, Unchanged.UNCHANGED));
    assertEquals(1, state.toldKeys(PERSON, null, 10).keys().size());
    assertEquals(List.of("UPDATE [1, Ada]"), journaled(told(Operation.REFRESH, 1, "Ada")));
    assertEquals(List.of(), journaled(told(Operation.REFRESH, 1, "Ada")));
  }

  @Test
  void keysThatMovedOrWereTruncatedAreForgotten() throws Exception {
    CleanChange moved = told(Operation.UPDATE, 2, "Ada");
    Change change = moved.change();
    journaled(
        told(Operation.READ, 1, "Ada"),
        new CleanChange(
            PERSON,
            new Change(
                change.binding(),
                change.operation(),
                change.key(),
                new Key(1L),
                change.after(),
                null,
                change.position(),
                change.sourceTime(),
                1),
            moved.row(),
            null));
    assertEquals(List.of(new Key(2L)), state.toldKeys(PERSON, null, 10).keys());
    journaled(change(PERSON, Operation.TRUNCATE, null, null, 1));
    assertEquals(List.of(), state.toldKeys(PERSON, null, 10).keys());
  }

  @Test
  void keysAreToldPageByPage() throws Exception {
    journaled(
        told(Operation.READ, 1, "a"), told(Operation.READ, 2, "b"), told(Operation.READ, 3, "c"));
    KeyPage first = state.toldKeys(PERSON, null, 2);
    assertEquals(List.of(new Key(1L), new Key(2L)), first.keys());
    assertEquals(new KeyPage(List.of(new Key(3L)), null), state.toldKeys(PERSON, first.next(), 2));
  }

  @Test
  void whatIsRefusedAgainForTheSameIsOneDeadLetter() throws Exception {
    for (int i = 0; i < 3; i++) {
      journaled(List.of(), List.of(letter("too long")));
    }
    assertEquals(1, kept(KeptLetter.State.ANY));
    journaled(List.of(), List.of(letter("too short")));
    assertEquals(2, kept(KeptLetter.State.ANY));
    assertEquals(1, kept(KeptLetter.State.OPEN));
    assertEquals(1, state.deadLetters().counts().open());
  }

  private int kept(KeptLetter.State which) {
    return state
        .deadLetters()
        .list(new KeptLetter.Filter("crm", PERSON, new Key(1L), null, which, 0, 10))
        .size();
  }

  private static DeadLetter letter(String why) {
    return new DeadLetter(
        Instant.now(),
        PERSON,
        told(Operation.REFRESH, 1, "Ada").change(),
        new Problem("invalid-value", ProblemType.USER, why, null, ""));
  }
}
