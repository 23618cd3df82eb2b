package dev.unisono.server.feed;

import dev.unisono.engine.access.Action;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.expression.RowCondition.Verdict;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.hub.Event;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Row;
import org.jspecify.annotations.Nullable;

/**
 * Of which records a caller sees events, and what of them, whatever the door. A record that no
 * longer fulfils the filter is told as deleted, and one that has come to fulfil it as created, as
 * PostgreSQL's row filters have it. Immutable; safe for threads.
 *
 * @param rights what the caller may see; the filter is asked of nothing else
 * @param filter what the caller wants to see of it; null for all
 */
public record EventFilter(EventRights rights, @Nullable RecordFilter filter) {
  /** All of all records. */
  public static final EventFilter NONE = new EventFilter(EventRights.WHOLE, null);

  /** The name that callers use. */
  static final String NAME = "filter";

  private static final int LONGEST = 1_000;

  /** It fulfilled the filter and does so no more. */
  private static final String LEFT = "left";

  /** It does not fulfil the filter; whether it did is not known. */
  private static final String UNMATCHED = "unmatched";

  /** The source did not send what the filter asks for. */
  private static final String UNKNOWN = "unknown";

  /**
   * An event as it is seen.
   *
   * @param told what is to be told of it
   * @param name what it is called
   * @param mark what is to be said of the filter; null for nothing
   */
  public record Seen(Told told, String name, @Nullable String mark) {}

  /**
   * Reads what a caller asks for.
   *
   * @param entity whose changes are followed; null for all
   * @param text a condition in CEL; null for all records
   * @throws Refusal 400 bad-filter; 403 forbidden-field
   */
  public static EventFilter of(
      Operations operations, Caller caller, @Nullable Entity entity, @Nullable String text) {
    EventRights rights = EventRights.of(operations, caller, entity);
    EventFilter filter = new EventFilter(rights, filter(entity, text));
    if (entity != null && filter.filter != null) {
      operations.admitFields(caller, Action.FOLLOW, entity, filter.filter.fields());
    }
    return filter;
  }

  /**
   * The same of whoever is shown everything.
   *
   * @throws Refusal 400 bad-filter
   */
  public static EventFilter of(@Nullable Entity entity, @Nullable String text) {
    return new EventFilter(EventRights.WHOLE, filter(entity, text));
  }

  private static @Nullable RecordFilter filter(@Nullable Entity entity, @Nullable String text) {
    if (text == null) {
      return null;
    }
    if (entity == null) {
      throw badFilter("A filter is for the changes of one entity: name it.");
    }
    if (text.length() > LONGEST) {
      throw badFilter("A filter has at most " + LONGEST + " characters.");
    }
    try {
      return RecordFilter.of(entity, text);
    } catch (UnfitExpression unfit) {
      throw badFilter(
          "The filter is no condition on a " + entity.name() + ": " + unfit.getMessage());
    }
  }

  private static Refusal badFilter(String detail) {
    return new Refusal(400, "bad-filter", detail, NAME);
  }

  /** How an event is seen; null where it is not. */
  public @Nullable Seen of(Event event, Told whole) {
    Told told = rights.of(whole);
    if (told == null) {
      return null;
    }
    // The hub may have given it another name.
    String name = told.kind() == whole.kind() ? event.name() : told.kind().event();
    return filter == null ? new Seen(told, name, null) : filtered(name, told, filter);
  }

  private static @Nullable Seen filtered(String name, Told told, RecordFilter asked) {
    Verdict before = told.before() == null ? Verdict.NOT_ASKED : asked.verdict(told.before());
    Row row = told.now();
    return switch (told.kind()) {
      case TRUNCATED -> new Seen(told, name, null);
      case DELETED, MOVED_AWAY ->
          before == Verdict.HOLDS || before == Verdict.NOT_ASKED
              ? new Seen(told, name, null)
              : null;
      case CREATED, MOVED_HERE ->
          switch (verdict(asked, row)) {
            case HOLDS -> new Seen(told, name, null);
            case NOT_ASKED -> new Seen(told, name, UNKNOWN);
            case BROKEN, FAILED -> null;
          };
      case READ, UPDATED ->
          switch (verdict(asked, row)) {
            case HOLDS ->
                new Seen(
                    told,
                    before == Verdict.HOLDS || before == Verdict.NOT_ASKED
                        ? name
                        : Told.Kind.CREATED.event(),
                    null);
            case NOT_ASKED -> new Seen(told, name, UNKNOWN);
            case BROKEN, FAILED -> left(told, before);
          };
    };
  }

  private static Verdict verdict(RecordFilter asked, @Nullable Row row) {
    return row == null ? Verdict.NOT_ASKED : asked.verdict(row);
  }

  private static @Nullable Seen left(Told told, Verdict before) {
    return switch (before) {
      case HOLDS -> new Seen(told, Told.Kind.DELETED.event(), LEFT);
      case NOT_ASKED -> new Seen(told, Told.Kind.DELETED.event(), UNMATCHED);
      case BROKEN, FAILED -> null;
    };
  }
}
