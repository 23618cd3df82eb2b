package dev.unisono.server.feed;

import dev.unisono.hub.Event;
import dev.unisono.hub.View;
import dev.unisono.server.operation.Refusal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a caller asks to see of events: those of which records, how much of them, and in which form.
 * Immutable; safe for threads.
 *
 * @param conflate whether one that is behind gets one event for several of a record
 */
public record StreamView(EventFilter filter, Payload payload, Envelope envelope, boolean conflate)
    implements View {
  /** How much an event carries. */
  enum Payload {
    FULL,
    /** Which record, and its version: who wants more reads it. */
    KEY
  }

  /** The form of an event. */
  enum Envelope {
    PLAIN,
    CLOUDEVENTS
  }

  /** The names that callers use, as parameters or members. */
  public static final String FILTER = EventFilter.NAME;

  public static final String PAYLOAD = "payload";
  public static final String FORMAT = "format";
  public static final String CONFLATE = "conflate";

  /**
   * Reads what a caller asks for.
   *
   * @param filter whose changes are followed, and what may be seen of them
   * @throws Refusal 400 bad-parameter
   */
  public static View of(
      EventFilter filter, @Nullable String payload, @Nullable String format, boolean conflate) {
    StreamView view = new StreamView(filter, payload(payload), envelope(format), conflate);
    // Events are encoded that way before anybody looks at them.
    return view.equals(new StreamView(EventFilter.NONE, Payload.FULL, Envelope.PLAIN, false))
        ? WHOLE
        : view;
  }

  private static Payload payload(@Nullable String text) {
    return switch (text) {
      case null -> Payload.FULL;
      case "full" -> Payload.FULL;
      case "key" -> Payload.KEY;
      default -> throw new Refusal(400, "bad-parameter", "payload must be full or key.", PAYLOAD);
    };
  }

  private static Envelope envelope(@Nullable String text) {
    return switch (text) {
      case null -> Envelope.PLAIN;
      case "plain" -> Envelope.PLAIN;
      case "cloudevents" -> Envelope.CLOUDEVENTS;
      default ->
          throw new Refusal(400, "bad-parameter", "format must be plain or cloudevents.", FORMAT);
    };
  }

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
    return seen == null ? null : seen(event, told, seen);
  }

  @SuppressWarnings("ReferenceEquality") // it is the very one where nothing is left out
  private Event seen(Event event, Told whole, EventFilter.Seen seen) {
    boolean asItIs =
        seen.told() == whole
            && seen.mark() == null
            && seen.name().equals(event.name())
            && payload == Payload.FULL
            && envelope == Envelope.PLAIN;
    return asItIs
        ? event
        : event.seenAs(
            seen.name(), EventJson.of(seen.told(), seen.name(), seen.mark(), payload, envelope));
  }
}
