package dev.unisono.server.feed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.hub.View;
import dev.unisono.server.feed.Told.Kind;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets one event in the place of several ends with the same records. */
final class ConflationTest {
  private static final Entity THING =
      new Entity(
          1,
          "things",
          new Schema(
              "thing",
              List.of(
                  new Field("id", ValueType.LONG, true),
                  new Field("a", ValueType.LONG, false),
                  new Field("b", ValueType.LONG, false)),
              List.of("id")),
          List.of(
              new EntityField("id", ValueType.LONG, true, false, "{}"),
              new EntityField("a", ValueType.LONG, false, false, "{}"),
              new EntityField("b", ValueType.LONG, false, false, "{}")),
          Set.of("id"),
          true);
  private static final View EVEN =
      StreamView.of(EventFilter.of(THING, "record.a % 2 == 0"), null, null, true);

  private static Row row(long id, @Nullable Object a, @Nullable Object b) {
    return new Row(THING.schema(), new @Nullable Object[] {id, a, b});
  }

  private static Event event(
      Kind kind,
      long sequence,
      @Nullable Long id,
      @Nullable Long previous,
      @Nullable Row before,
      @Nullable Row row) {
    Told told =
        new Told(
            kind,
            THING,
            id == null ? null : new Key(id),
            previous == null ? null : new Key(previous),
            1,
            sequence,
            Instant.EPOCH,
            "crm",
            row,
            before);
    return new Event(
        sequence,
        1,
        kind == Kind.MOVED_AWAY ? null : new Cursor(1, sequence).text(),
        kind.event(),
        EventJson.whole(told),
        told);
  }

  /** What a client makes of events: each by its key. */
  private static final class Client {
    private final Map<Long, List<@Nullable Object>> records = new TreeMap<>();

    void take(Event event) {
      Told told = (Told) Objects.requireNonNull(event.subject());
      if (told.key() == null) {
        records.clear();
        return;
      }
      Long id = (Long) told.key().part(0);
      Row row = told.row();
      if (event.name().equals("deleted") || row == null) {
        records.remove(id);
        return;
      }
      List<@Nullable Object> known = records.get(id);
      if (told.previousKey() != null) {
        known = moved.get((Long) told.previousKey().part(0));
      }
      List<@Nullable Object> now = new ArrayList<>();
      for (int i = 1; i < 3; i++) {
        Object value = row.value(i);
        now.add(value != Unchanged.UNCHANGED ? value : known == null ? null : known.get(i - 1));
      }
      records.put(id, now);
    }

    /** Records that have just gone to another key. */
    private final Map<Long, List<@Nullable Object>> moved = new HashMap<>();

    void takeAll(List<Event> events) {
      for (Event event : events) {
        Told told = (Told) Objects.requireNonNull(event.subject());
        if (told.kind() == Kind.MOVED_AWAY) {
          Long id = (Long) Objects.requireNonNull(told.key()).part(0);
          moved.put(id, Objects.requireNonNull(records.get(id)));
        }
        take(event);
      }
    }
  }

  /** Changes as a source tells them, which may leave out what they do not change. */
  private static List<Event> history(Random random, int count, boolean before) {
    List<Event> events = new ArrayList<>();
    Map<Long, List<Object>> truth = new HashMap<>();
    for (long sequence = 1; sequence <= count; sequence++) {
      long id = random.nextInt(5);
      List<Object> was = truth.get(id);
      Row old = was == null || !before ? null : row(id, was.get(0), was.get(1));
      long a = random.nextInt(10);
      long b = random.nextInt(10);
      int dice = random.nextInt(12);
      long to = 5L + random.nextInt(3);
      if (dice == 0) {
        truth.clear();
        events.add(event(Kind.TRUNCATED, sequence, null, null, null, null));
      } else if (was == null) {
        truth.put(id, List.of(a, b));
        events.add(
            event(dice < 6 ? Kind.CREATED : Kind.READ, sequence, id, null, null, row(id, a, b)));
      } else if (dice < 3) {
        truth.remove(id);
        events.add(event(Kind.DELETED, sequence, id, null, old, null));
      } else if (dice == 3 && !truth.containsKey(to)) {
        truth.remove(id);
        truth.put(to, List.of(a, was.get(1)));
        events.add(event(Kind.MOVED_AWAY, sequence, id, null, old, null));
        events.add(event(Kind.MOVED_HERE, sequence, to, id, old, row(to, a, Unchanged.UNCHANGED)));
      } else {
        boolean both = random.nextBoolean();
        truth.put(id, List.of(a, both ? b : was.get(1)));
        events.add(
            event(
                Kind.UPDATED, sequence, id, null, old, row(id, a, both ? b : Unchanged.UNCHANGED)));
      }
    }
    return events;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theRecordsAreTheSameInTheEnd(long seed) {
    for (int round = 0; round < 50; round++) {
      Random random = new Random(seed * 1_000 + round);
      List<Event> events = history(random, 60, random.nextBoolean());
      Client all = new Client();
      all.takeAll(events);
      Client fewer = new Client();
      int count = 0;
      for (int from = 0; from < events.size(); ) {
        int to = Math.min(events.size(), from + 1 + random.nextInt(30));
        // A change of a key is one entry: its halves are never read apart.
        if (to < events.size() && events.get(to).sequence() == events.get(to - 1).sequence()) {
          to++;
        }
        List<Event> some = Conflation.of(events.subList(from, to));
        assertEquals(
            events.get(to - 1).cursor(), some.getLast().cursor(), "the last one has the cursor");
        fewer.takeAll(some);
        count += some.size();
        from = to;
      }
      assertEquals(all.records, fewer.records);
      assertTrue(count <= events.size());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void whatAFilterShowsIsTheSameInTheEnd(long seed) {
    for (int round = 0; round < 50; round++) {
      List<Event> events = history(new Random(seed * 1_000 + round), 40, true);
      Client all = new Client();
      Client fewer = new Client();
      see(events).forEach(all::take);
      see(Conflation.of(events)).forEach(fewer::take);
      assertEquals(shown(all), shown(fewer), "round " + round);
    }
  }

  private static List<Event> see(List<Event> events) {
    return events.stream().map(EVEN::of).filter(Objects::nonNull).toList();
  }

  /** Of moved records the field that was not told is not known to who has not seen it. */
  private static Map<Long, Object> shown(Client client) {
    Map<Long, Object> shown = new TreeMap<>();
    client.records.forEach((id, values) -> shown.put(id, Objects.requireNonNull(values.get(0))));
    return shown;
  }

  @Test
  void severalChangesOfARecordAreOne() {
    List<Event> events =
        List.of(
            event(Kind.UPDATED, 1, 7L, null, null, row(7, 1L, Unchanged.UNCHANGED)),
            event(Kind.CREATED, 2, 8L, null, null, row(8, 1L, 1L)),
            event(Kind.UPDATED, 3, 7L, null, null, row(7, Unchanged.UNCHANGED, 2L)));
    List<Event> some = Conflation.of(events);
    assertEquals(List.of(2L, 3L), some.stream().map(Event::sequence).toList());
    assertNull(some.getFirst().cursor(), "whoever resumes there would lose what 7 was told first");
    Told told = (Told) Objects.requireNonNull(some.getLast().subject());
    assertEquals(
        Arrays.asList(7L, 1L, 2L), Arrays.asList(Objects.requireNonNull(told.row()).copyValues()));
    assertEquals(3, told.version());
  }
}
