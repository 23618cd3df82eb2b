package dev.unisono.engine.deliver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.engine.journal.Journal.Reached;
import dev.unisono.engine.journal.JournalEntry;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class TransactionCutTest {
  private static final Entity HALL =
      Entities.entity(1, "hall", List.of("id LONG", "name STRING"), List.of("id"));

  private final TransactionCut cut = new TransactionCut();

  /** Written like {@code a1 a1 b7}: a source's letter and the number of its transaction. */
  private static List<JournalEntry> entries(String text) {
    List<JournalEntry> entries = new ArrayList<>();
    for (String each : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
      boolean read = each.startsWith("r");
      String entry = read ? each.substring(1) : each;
      long sequence = entries.size() + 1L;
      entries.add(
          new JournalEntry(
              sequence,
              HALL,
              read ? Operation.READ : Operation.DELETE,
              new Key(sequence),
              null,
              null,
              null,
              Entities.TIME,
              new Position(sequence, 0),
              entry.substring(0, 1),
              Long.parseLong(entry.substring(1))));
    }
    return entries;
  }

  private static Reached reached(Map<String, Long> unfinished) {
    return new Reached(100, unfinished);
  }

  @Test
  void theLastTransactionIsLeftWhereMoreMayFollow() {
    assertEquals(3, cut.find(entries("a1 a1 a2 a3 a3"), null));
    assertEquals(0, cut.find(entries("a1 a1"), null));
    assertEquals(0, cut.find(List.of(), null));
  }

  @Test
  void atTheEndOfTheJournalItIsWholeUnlessItsSourceIsAmidIt() {
    assertEquals(5, cut.find(entries("a1 a1 a2 a3 a3"), reached(Map.of())));
    assertEquals(3, cut.find(entries("a1 a1 a2 a3 a3"), reached(Map.of("a", 3L))));
    assertEquals(5, cut.find(entries("a1 a1 a2 a3 a3"), reached(Map.of("a", 4L, "b", 3L))));
  }

  @Test
  void transactionsOfTwoSourcesMayLieBetweenEachOther() {
    assertEquals(0, cut.find(entries("a1 b1 a1 b1"), null));
    assertEquals(4, cut.find(entries("a1 b1 a1 b1 a2 b2"), null));
    assertEquals(1, cut.find(entries("a1 b1 a2 b1 a3"), reached(Map.of("b", 1L))));
  }

  @Test
  void rowsOfASnapshotAndChangesWithoutATransactionStandAlone() {
    assertEquals(3, cut.find(entries("ra1 ra1 ra1"), null));
    assertEquals(2, cut.find(entries("a0 a0"), null));
    assertEquals(3, cut.find(entries("a1 ra1 ra1"), reached(Map.of())));
  }

  @Test
  void whatWasTakenInPartsHasItsCutWhereItEnds() {
    assertTrue(cut.took(entries("a1 a1"), null));
    assertEquals(-1, cut.find(entries("a1 a1"), null));
    assertEquals(2, cut.find(entries("a1 a1 a2"), null));
    assertEquals(0, cut.find(entries("a2 a2"), null));
    assertEquals(0, cut.find(List.of(), reached(Map.of())));
    assertEquals(-1, cut.find(List.of(), reached(Map.of("a", 1L))));
    assertFalse(cut.whole(reached(Map.of("a", 1L))));
    assertTrue(cut.whole(reached(Map.of("a", 2L))));
    cut.settled();
    assertEquals(0, cut.find(List.of(), null));
  }

  @Test
  void whatIsOfAnotherSourceDoesNotGoOn() {
    cut.took(entries("a1"), reached(Map.of("a", 1L)));
    assertFalse(cut.took(entries("b1"), reached(Map.of("a", 1L))));
    assertTrue(cut.took(entries("a1"), reached(Map.of("a", 1L))));
  }

  /** Compared with the definition, taken word for word. */
  @Test
  void isTheGreatestCutThatNoTransactionLiesAcross() {
    Random random = new Random(7);
    for (int round = 0; round < 3_000; round++) {
      StringBuilder text = new StringBuilder();
      long[] numbers = {1, 1, 1};
      for (int i = random.nextInt(12); i > 0; i--) {
        int source = random.nextInt(3);
        numbers[source] += random.nextInt(3) == 0 ? 1 : 0;
        text.append(text.isEmpty() ? "" : " ").append("abc".charAt(source)).append(numbers[source]);
      }
      List<JournalEntry> all = entries(text.toString());
      int split = random.nextInt(all.size() + 1);
      Map<String, Long> unfinished = random.nextBoolean() ? Map.of() : Map.of("a", numbers[0]);
      TransactionCut tried = new TransactionCut();
      tried.took(all.subList(0, split), null);
      int found = tried.find(all.subList(split, all.size()), reached(unfinished));
      int wanted = -1;
      for (int at = all.size(); at >= split && wanted < 0; at--) {
        wanted = liesAcross(all, at, unfinished) ? -1 : at - split;
      }
      assertEquals(wanted, found, text + " after " + split + " with " + unfinished);
    }
  }

  private static boolean liesAcross(List<JournalEntry> all, int at, Map<String, Long> unfinished) {
    Set<String> before = new HashSet<>();
    all.subList(0, at).forEach(entry -> before.add(entry.origin() + entry.transaction()));
    boolean across =
        all.subList(at, all.size()).stream()
            .anyMatch(entry -> before.contains(entry.origin() + entry.transaction()));
    return across
        || unfinished.entrySet().stream()
            .anyMatch(each -> before.contains(each.getKey() + each.getValue()));
  }
}
