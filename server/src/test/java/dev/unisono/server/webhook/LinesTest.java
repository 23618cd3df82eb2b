package dev.unisono.server.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.server.webhook.Lines.Entry;
import dev.unisono.server.webhook.Lines.Line;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Lines keep the order of each key, and the cursor never passes what nobody keeps. */
final class LinesTest {
  private static Entry entry(long sequence, long line) {
    return new Entry(sequence, 0, line, new Message("m" + sequence, "e", "t", new byte[0]));
  }

  private static Line taken(Lines lines) {
    return Objects.requireNonNull(lines.take(0));
  }

  @Test
  void oneMessageOfAKeyIsUnderWayAndOtherKeysGoOn() {
    Lines lines = new Lines();
    assertFalse(lines.add(entry(1, 7)));
    assertFalse(lines.add(entry(2, 7)));
    assertFalse(lines.add(entry(3, 8)));
    Line seven = taken(lines);
    Line eight = taken(lines);
    assertEquals(1, seven.head().sequence());
    assertEquals(3, eight.head().sequence());
    assertNull(lines.take(0));
    lines.done(eight);
    assertEquals(0, lines.cursor(3));
    lines.done(seven);
    assertEquals(1, lines.cursor(3));
    lines.done(taken(lines));
    assertEquals(3, lines.cursor(3));
  }

  @Test
  void whatFailsWaitsWithAllBehindItOfItsKeyAndTheCursorGoesOn() {
    Lines lines = new Lines();
    lines.add(entry(1, 7));
    lines.add(entry(2, 7));
    lines.add(entry(3, 8));
    List<Entry> keep = lines.failed(taken(lines), 1_000);
    assertEquals(List.of(1L, 2L), keep.stream().map(Entry::sequence).toList());
    keep.forEach(lines::waits);
    assertEquals(2, lines.cursor(3));
    Entry behind = entry(4, 7);
    assertTrue(lines.add(behind), "it is to be kept, too");
    lines.waits(behind);
    assertEquals(3, lines.waiting());
    lines.done(taken(lines));
    assertEquals(4, lines.cursor(4));
    assertNull(lines.take(999));
    assertEquals(1_000, lines.nextDueMillis());
    lines.releaseAll();
    assertEquals(1, taken(lines).head().sequence());
  }

  @Test
  void aMessageOfEveryKeyGoesAlone() {
    Lines lines = new Lines();
    lines.add(entry(1, 7));
    lines.add(entry(2, Message.EVERY_KEY));
    assertTrue(lines.barred());
    Line first = taken(lines);
    assertNull(lines.take(0));
    lines.done(first);
    Line all = taken(lines);
    assertEquals(2, all.head().sequence());
    assertEquals(1, lines.cursor(2));
    lines.done(all);
    assertFalse(lines.barred());
    assertEquals(2, lines.cursor(2));
  }

  @Test
  void nothingIsLostAndNoKeyGoesBackWhateverFailsAndWheneverItIsBegunAnew() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int changes = 60;
      long[] keys = random.longs(changes + 1, 0, 5).toArray();
      Map<Long, List<Long>> delivered = new HashMap<>();
      Map<Long, EndpointStore.Waiting> kept = new HashMap<>();
      long cursor = 0;
      while (cursor < changes || !kept.isEmpty()) {
        Lines lines = new Lines();
        kept.values().stream()
            .sorted((one, other) -> Long.compare(one.sequence(), other.sequence()))
            .forEach(each -> lines.add(Entry.of(each)));
        long read = cursor;
        int steps = random.nextInt(30) + 5;
        List<Line> flying = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
          if (read < changes && random.nextBoolean()) {
            read++;
            Entry entry = entry(read, keys[(int) read]);
            if (lines.add(entry)) {
              lines.waits(entry);
              kept.put(read, entry.kept());
            }
          }
          Line next = lines.take(Long.MAX_VALUE - 1);
          if (next != null) {
            flying.add(next);
          }
          if (!flying.isEmpty()) {
            Line line = flying.remove(random.nextInt(flying.size()));
            Entry head = line.head();
            if (random.nextInt(3) == 0) {
              for (Entry each : lines.failed(line, 1)) {
                lines.waits(each);
                kept.put(each.sequence(), each.kept());
              }
            } else {
              lines.done(line);
              kept.remove(head.sequence());
              delivered
                  .computeIfAbsent(keys[(int) head.sequence()], _ -> new ArrayList<>())
                  .add(head.sequence());
            }
          }
          cursor = lines.cursor(read);
        }
        // Here the server is killed: what is left is the cursor and what is kept.
      }
      check(delivered, keys, changes);
    }
  }

  private static void check(Map<Long, List<Long>> delivered, long[] keys, int changes) {
    Map<Long, List<Long>> expected = new HashMap<>();
    for (long sequence = 1; sequence <= changes; sequence++) {
      expected.computeIfAbsent(keys[(int) sequence], _ -> new ArrayList<>()).add(sequence);
    }
    Map<Long, List<Long>> first = new HashMap<>();
    delivered.forEach((key, sequences) -> {
      Set<Long> seen = new HashSet<>();
      first.put(key, sequences.stream().filter(seen::add).toList());
    });
    assertEquals(expected, first);
  }
}
