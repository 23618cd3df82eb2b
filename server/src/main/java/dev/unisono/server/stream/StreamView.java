package dev.unisono.server.stream;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.expression.RowCondition.Verdict;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.hub.Event;
import dev.unisono.hub.View;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Row;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a caller asks to see of events, whatever the door: those of which records, how much of them,
 * and in which form. A record that no longer fulfils the filter is told as deleted, and one that
 * has come to fulfil it as created, as PostgreSQL's row filters have it. Immutable; safe for
 * threads.
 *
 * @param filter null for all records
 * @param conflate whether one that is behind gets one event for several of a record
 */
record StreamView(
    @Nullable RecordFilter filter, Payload payload, Envelope envelope, boolean conflate)
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
  static final String FILTER = "filter";

  static final String PAYLOAD = "payload";
  static final String FORMAT = "format";
  static final String CONFLATE = "conflate";
  private static final int LONGEST_FILTER = 1_000;

  /** It fulfilled the filter and does so no more. */
  private static final String LEFT = "left";

  /** It does not fulfil the filter; whether it did is not known. */
  private static final String UNMATCHED = "unmatched";

  /** The source did not send what the filter asks for. */
  private static final String UNKNOWN = "unknown";

  /**
   * Reads what a caller asks for.
   *
   * @param entity whose changes are followed; null for all
   * @throws Refusal 400 bad-filter, bad-parameter
   */
  static View of(
      @Nullable Entity entity,
      @Nullable String filter,
      @Nullable String payload,
      @Nullable String format,
      boolean conflate) {
    StreamView view =
        new StreamView(filter(entity, filter), payload(payload), envelope(format), conflate);
    // Events are encoded that way before anybody looks at them.
    return view.equals(new StreamView(null, Payload.FULL, Envelope.PLAIN, false)) ? WHOLE : view;
  }

  private static @Nullable RecordFilter filter(@Nullable Entity entity, @Nullable String text) {
    if (text == null) {
      return null;
    }
    if (entity == null) {
      throw badFilter("A filter is for the changes of one entity: name it.");
    }
    if (text.length() > LONGEST_FILTER) {
      throw badFilter("A filter has at most " + LONGEST_FILTER + " characters.");
    }
    try {
      return RecordFilter.of(entity, text);
    } catch (UnfitExpression unfit) {
      throw badFilter(
          "The filter is no condition on a " + entity.name() + ": " + unfit.getMessage());
    }
  }

  private static Refusal badFilter(String detail) {
    return new Refusal(400, "bad-filter", detail, FILTER);
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
    return filter == null ? seen(event, told, event.name(), null) : filtered(event, told, filter);
  }

  private Event seen(Event event, Told told, String name, @Nullable String mark) {
    boolean asItIs =
        mark == null
            && name.equals(event.name())
            && payload == Payload.FULL
            && envelope == Envelope.PLAIN;
    return asItIs ? event : event.seenAs(name, EventJson.of(told, name, mark, payload, envelope));
  }

  private @Nullable Event filtered(Event event, Told told, RecordFilter asked) {
    Verdict before = told.before() == null ? Verdict.NOT_ASKED : asked.verdict(told.before());
    Row row = told.now();
    return switch (told.kind()) {
      case TRUNCATED -> seen(event, told, event.name(), null);
      case DELETED, MOVED_AWAY ->
          before == Verdict.HOLDS || before == Verdict.NOT_ASKED
              ? seen(event, told, event.name(), null)
              : null;
      case CREATED, MOVED_HERE ->
          switch (verdict(asked, row)) {
            case HOLDS -> seen(event, told, event.name(), null);
            case NOT_ASKED -> seen(event, told, event.name(), UNKNOWN);
            case BROKEN, FAILED -> null;
          };
      case READ, UPDATED ->
          switch (verdict(asked, row)) {
            case HOLDS ->
                seen(
                    event,
                    told,
                    before == Verdict.HOLDS || before == Verdict.NOT_ASKED
                        ? event.name()
                        : Told.Kind.CREATED.event(),
                    null);
            case NOT_ASKED -> seen(event, told, event.name(), UNKNOWN);
            case BROKEN, FAILED -> left(event, told, before);
          };
    };
  }

  private static Verdict verdict(RecordFilter asked, @Nullable Row row) {
    return row == null ? Verdict.NOT_ASKED : asked.verdict(row);
  }

  private @Nullable Event left(Event event, Told told, Verdict before) {
    return switch (before) {
      case HOLDS -> seen(event, told, Told.Kind.DELETED.event(), LEFT);
      case NOT_ASKED -> seen(event, told, Told.Kind.DELETED.event(), UNMATCHED);
      case BROKEN, FAILED -> null;
    };
  }
}
