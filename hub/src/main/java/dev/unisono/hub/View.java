package dev.unisono.hub;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a subscriber gets to see of events: a pure function of the event. Equal views share what is
 * made for them, so that an event is looked at once for all who see it alike. Safe for threads.
 */
public interface View {
  /** All of every event. */
  View WHOLE = event -> event;

  /** The event as it is seen, of the same sequence and cursor; null where nothing of it is. */
  @Nullable Event of(Event event);

  /**
   * Fewer events in the place of many, for a subscriber that is behind; as they are, unless it asks
   * for that. A pure function of the events.
   */
  default List<Event> behind(List<Event> events) {
    return events;
  }

  /** Whether {@link #behind} makes fewer of them, so that it is worth to give it many. */
  default boolean conflates() {
    return false;
  }
}
