package dev.unisono.server.feed;

import dev.unisono.hub.Event;
import dev.unisono.server.feed.Told.Kind;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes one event of several of the same record, for who is too slow for all of them: the newest,
 * with what the earlier ones said of fields that it leaves out. Only the last event of what was
 * taken together has a cursor: whoever resumes before it needs all of it again. Has no state.
 */
public final class Conflation {
  private Conflation() {}

  /** A record among others; its events are of one entity as it was then. */
  private record Place(int topic, Key key) {}

  /** What stands for a record so far. */
  private record Held(Event event, Told told, boolean merged) {}

  /**
   * Takes events together.
   *
   * @param events in their order, each of which tells of something
   * @return in the order of the newest of each
   */
  public static List<Event> of(List<Event> events) {
    List<Event> out = new ArrayList<>();
    Map<Place, Held> held = new LinkedHashMap<>();
    for (Event event : events) {
      if (!(event.subject() instanceof Told told)) {
        throw new IllegalStateException("an event that tells of nothing");
      }
      Key key = told.key();
      if (key == null || told.kind() == Kind.MOVED_AWAY || told.kind() == Kind.MOVED_HERE) {
        // It concerns other records, too, so that all before it comes first.
        flush(held, out);
        out.add(event);
        continue;
      }
      Place place = new Place(event.topic(), key);
      Held before = held.get(place);
      if (before != null && !before.told().entity().schema().equals(told.entity().schema())) {
        flush(held, out);
        before = null;
      }
      held.remove(place);
      held.put(
          place,
          before == null
              ? new Held(event, told, false)
              : new Held(event, newer(before.told(), told), true));
    }
    flush(held, out);
    return out;
  }

  private static void flush(Map<Place, Held> held, List<Event> out) {
    int left = held.size();
    for (Held each : held.values()) {
      left--;
      Event event = each.event();
      out.add(
          new Event(
              event.sequence(),
              event.topic(),
              left == 0 ? event.cursor() : null,
              each.told().kind().event(),
              each.merged() ? EventJson.whole(each.told()) : event.data(),
              each.told()));
    }
    held.clear();
  }

  /** Two events of a record as one. */
  private static Told newer(Told older, Told newer) {
    Row row = newer.row();
    Row earlier = older.row();
    if (row != null && earlier != null && newer.kind() == Kind.UPDATED) {
      row = row.over(earlier);
    }
    return new Told(
        kind(older.kind(), newer.kind()),
        newer.entity(),
        newer.key(),
        null,
        newer.epoch(),
        newer.version(),
        newer.time(),
        newer.origin(),
        row,
        older.before());
  }

  private static Kind kind(Kind older, Kind newer) {
    return switch (newer) {
      // Whole, and in the place of whatever there was: a filter is to look at that, too.
      case CREATED, READ -> Kind.READ;
      case UPDATED -> older == Kind.CREATED || older == Kind.READ ? older : newer;
      case DELETED -> newer;
      case MOVED_AWAY, MOVED_HERE, TRUNCATED ->
          throw new IllegalArgumentException("it concerns other records, too");
    };
  }
}
