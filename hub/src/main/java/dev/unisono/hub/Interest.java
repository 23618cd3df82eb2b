package dev.unisono.hub;

import java.util.ArrayList;
import java.util.List;

/**
 * Which events a subscriber gets, and what of them. Equal interests share what is encoded.
 * Immutable.
 *
 * @param topic the topic; negative for all
 */
public record Interest(int topic, View view) {
  /** Every topic. */
  public static final int EVERY_TOPIC = -1;

  /** All there is. */
  public static final Interest ALL = new Interest(EVERY_TOPIC);

  public Interest(int topic) {
    this(topic, View.WHOLE);
  }

  private boolean wants(int other) {
    return topic < 0 || topic == other;
  }

  /** Those among some events that are wanted, as they are seen. */
  List<Event> among(List<Event> events) {
    List<Event> seen = new ArrayList<>(events.size());
    for (Event event : events) {
      Event mine = wants(event.topic()) ? view.of(event) : null;
      if (mine != null) {
        seen.add(mine);
      }
    }
    return seen;
  }

  /** The same for a subscriber that is behind, which gets fewer in their place. */
  List<Event> behind(List<Event> events) {
    return among(view.behind(events.stream().filter(event -> wants(event.topic())).toList()));
  }
}
