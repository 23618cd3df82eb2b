package dev.unisono.engine.state;

import static dev.unisono.engine.fixture.Entities.TIME;
import static dev.unisono.engine.fixture.Entities.entity;
import static dev.unisono.engine.fixture.Entities.row;
import static dev.unisono.engine.fixture.Entities.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.MovableClock;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoredParkedRowsTest {
  private static final Entity SEAT =
      entity(1, "seat", List.of("id DECIMAL", "note STRING"), List.of("id"));
  private static final Entity WIDER =
      entity(1, "seat", List.of("id DECIMAL", "row LONG", "note STRING"), List.of("id"));
  private static final Problem CAUSE =
      new Problem("refused-by-target", ProblemType.USER, "no", "syncs.seats", "Correct it.");

  @TempDir private Path folder;
  private StateFolder opened;
  private EngineState state;

  @BeforeEach
  void open() {
    open(SEAT);
  }

  private void open(Entity entity) {
    opened = StateFolder.open(folder, new MovableClock());
    state =
        new EngineState(
            opened,
            List.of(entity),
            Duration.ofDays(7),
            Long.MAX_VALUE,
            Duration.ZERO,
            System::nanoTime,
            () -> Long.MAX_VALUE);
    state.start();
  }

  @AfterEach
  void close() {
    state.close();
    opened.close();
  }

  private static ParkedRow parked(long id, long sequence, @Nullable Row row) {
    return new ParkedRow(
        0,
        SEAT,
        new Key(BigDecimal.valueOf(id)),
        sequence,
        row == null ? Operation.DELETE : Operation.UPDATE,
        row,
        TIME,
        TIME.truncatedTo(java.time.temporal.ChronoUnit.MILLIS),
        3,
        true,
        CAUSE,
        "constraint c",
        null);
  }

  private static List<String> texts(List<ParkedRow> rows) {
    return rows.stream()
        .map(row -> row.id() + " " + row.key() + " @" + row.sequence() + " " + text(row.row()))
        .toList();
  }

  @Test
  void keepsAWholeRowThroughAStart() throws Exception {
    ParkedRow row = parked(1, 7, row(SEAT, BigDecimal.ONE, Unchanged.UNCHANGED));
    long id = state.parked("billing").keep(List.of(row), false).getFirst().id();
    close();
    open();
    ParkedStore store = state.parked("billing");
    ParkedRow found = store.find("seat", new Key(BigDecimal.ONE)).orElseThrow();
    assertEquals(row.numbered(id).withoutRow(), found.withoutRow());
    assertEquals(text(row.row()), text(found.row()));
    assertEquals(List.of(), state.parked("shop").list(0, 10, false), "of another target");
  }

  @Test
  void aRowTakesThePlaceOfTheOneUnderItsKey() throws Exception {
    ParkedStore store = state.parked("billing");
    store.keep(
        List.of(
            parked(1, 7, row(SEAT, BigDecimal.ONE, "a")),
            parked(2, 8, row(SEAT, BigDecimal.TWO, "b"))),
        false);
    // The same key, written with another scale.
    ParkedRow newer = parked(1, 9, null);
    store.keep(List.of(newer, parked(3, 9, null)), false);
    assertEquals(
        List.of("1 [1] @9 none", "2 [2] @8 [2, b]", "3 [3] @9 none"),
        texts(store.list(0, 10, false)));
    assertEquals(List.of("2 [2] @8 [2, b]"), texts(store.list(1, 1, false)));
    store.remove(List.of(1L, 3L), 9, false);
    assertEquals(List.of("2 [2] @8 [2, b]"), texts(store.list(0, 10, false)));
    assertTrue(store.find("seat", new Key(BigDecimal.ONE)).isEmpty());
  }

  @Test
  void whatBelongsToATransactionThatTheTargetDidNotCommitIsUndone() throws Exception {
    ParkedStore store = state.parked("billing");
    store.keep(
        List.of(
            parked(1, 7, row(SEAT, BigDecimal.ONE, "a")),
            parked(2, 8, row(SEAT, BigDecimal.TWO, "b"))),
        false);
    List<String> before = texts(store.list(0, 10, false));
    assertFalse(store.undo(8));
    store.keep(List.of(parked(1, 11, null), parked(3, 12, null)), true);
    store.keep(List.of(parked(1, 13, row(SEAT, BigDecimal.ONE, "c"))), true);
    store.remove(List.of(2L), 14, true);
    close();
    open();
    assertTrue(state.parked("billing").undo(10));
    assertEquals(before, texts(state.parked("billing").list(0, 10, false)));
    assertFalse(state.parked("billing").undo(10));
  }

  @Test
  void whatTheTargetDidCommitIsNotUndone() throws Exception {
    ParkedStore store = state.parked("billing");
    store.keep(List.of(parked(1, 7, null), parked(2, 8, null)), false);
    store.keep(List.of(parked(1, 11, row(SEAT, BigDecimal.ONE, "c"))), true);
    store.remove(List.of(2L), 12, true);
    List<String> after = texts(store.list(0, 10, false));
    assertTrue(store.undo(12), "the server ended before it could be settled");
    assertEquals(after, texts(store.list(0, 10, false)));
    store.keep(List.of(parked(1, 21, null)), true);
    store.settle();
    assertFalse(store.undo(20));
    assertEquals(List.of("1 [1] @21 none"), texts(store.list(0, 10, false)));
  }

  @Test
  void whatWasGivenUpIsListedByItself() throws Exception {
    ParkedStore store = state.parked("billing");
    ParkedRow kept = store.keep(List.of(parked(1, 7, null)), false).getFirst();
    store.keep(List.of(kept.rejectedBecause("a mistake")), false);
    assertEquals(List.of(), store.list(0, 10, false));
    assertEquals("a mistake", store.list(0, 10, true).getFirst().rejected());
    List<ParkedRow> all = new ArrayList<>();
    store.forEach(all::add);
    assertEquals(1, all.size());
  }

  @Test
  void aRowOfAnEarlierSchemaIsReadAsTodays() throws Exception {
    state.parked("billing").keep(List.of(parked(1, 7, row(SEAT, BigDecimal.ONE, "a"))), false);
    close();
    open(WIDER);
    assertEquals(
        List.of("1 [1] @7 [1, UNCHANGED, a]"), texts(state.parked("billing").list(0, 10, false)));
  }
}
