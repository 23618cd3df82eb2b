package dev.unisono.hub;

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
}
