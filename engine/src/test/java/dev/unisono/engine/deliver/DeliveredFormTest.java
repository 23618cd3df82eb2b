package dev.unisono.engine.deliver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.fixture.MemoryJournal;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.engine.standardize.Standardizer;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.engine.standardize.Steps;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Unchanged;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DeliveredFormTest {
  private static final Entity PERSON =
      Entities.entity(1, "person", List.of("id LONG", "name STRING"), List.of("id"));
  private static final Entity CITY =
      Entities.entity(2, "city", List.of("id LONG", "name STRING"), List.of("id"));

  @Test
  void rowsOfEntitiesWithStepsAreInTheirFormAndAllElseIsAsItIs() {
    MemoryJournal journal = new MemoryJournal(1, 100);
    journal.append(
        List.of(
            Entities.entry(
                1, PERSON, Operation.CREATE, new Key(1L), null, Entities.row(PERSON, 1L, "Ada"), 1),
            Entities.entry(
                2, CITY, Operation.CREATE, new Key(1L), null, Entities.row(CITY, 1L, "Ulm"), 1),
            Entities.entry(
                3,
                PERSON,
                Operation.UPDATE,
                new Key(1L),
                null,
                Entities.row(PERSON, 1L, Unchanged.UNCHANGED),
                2),
            Entities.entry(4, PERSON, Operation.DELETE, new Key(1L), null, null, 3)));
    Journal delivered =
        DeliveredForm.of(
            journal,
            Map.of(
                PERSON,
                new Standardizer(
                    PERSON.schema(), Map.of("name", List.of(Steps.plain(StepKind.UPPER_CASE))))));
    List<JournalEntry> plain = journal.read(0, 1 << 20);
    List<JournalEntry> read = delivered.read(0, 1 << 20);
    assertEquals("ADA", Objects.requireNonNull(read.getFirst().row()).value(1));
    assertEquals(new Key(1L), read.getFirst().key());
    assertEquals(plain.subList(1, 4), read.subList(1, 4));
    assertEquals(journal.head(), delivered.head());
  }

  @Test
  void withoutStepsItIsTheJournalItself() {
    MemoryJournal journal = new MemoryJournal(1, 100);
    assertSame(journal, DeliveredForm.of(journal, Map.of()));
  }
}
