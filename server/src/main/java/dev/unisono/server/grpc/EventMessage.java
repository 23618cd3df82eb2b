package dev.unisono.server.grpc;

import dev.unisono.engine.entity.Entity;
import dev.unisono.hub.Event;
import dev.unisono.hub.View;
import dev.unisono.server.feed.Conflation;
import dev.unisono.server.feed.EventFilter;
import dev.unisono.server.feed.Told;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a subscriber gets of events: those that its filter lets through, as messages. Immutable;
 * safe for threads.
 *
 * @param conflate whether one that is behind gets one event for several of a record
 */
record EventMessage(EventFilter filter, boolean conflate) implements View {
  @Override
  public List<Event> behind(List<Event> events) {
    return conflate ? Conflation.of(events) : events;
  }

  @Override
  public boolean conflates() {
    return conflate;
  }

  @Override
  public @Nullable Event of(Event event) {
    if (!(event.subject() instanceof Told told)) {
      throw new IllegalStateException("an event that tells of nothing");
    }
    EventFilter.Seen seen = filter.of(event, told);
    return seen == null ? null : event.seenAs(seen.name(), message(event, seen));
  }

  private static byte[] message(Event event, EventFilter.Seen seen) {
    Told told = seen.told();
    Entity entity = told.entity();
    return Proto.message(out -> {
      Proto.text(out, 1, event.cursor());
      Proto.text(out, 2, seen.name());
      Proto.text(out, 3, entity.name());
      Key key = told.key();
      if (key != null) {
        ProtoValues.key(out, 4, entity, key);
      }
      Key previousKey = told.previousKey();
      if (previousKey != null) {
        ProtoValues.key(out, 5, entity, previousKey);
      }
      out.writeInt64(6, told.version());
      Proto.time(out, 7, told.time());
      Proto.text(out, 8, told.origin());
      if (seen.name().equals(Told.Kind.UPDATED.event())) {
        for (String changed : told.changed()) {
          out.writeString(9, changed);
        }
      }
      Row row = told.row();
      if (row != null && !seen.name().equals(Told.Kind.DELETED.event())) {
        ProtoValues.row(out, 10, entity, row);
      }
      Proto.text(out, 11, seen.mark());
    });
  }
}
