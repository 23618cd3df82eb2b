package dev.unisono.server.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.server.operation.Arguments;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * A part of a list in the order of its items' numbers. Immutable.
 *
 * @param after those after this number
 * @param limit so many at most
 */
public record PageRequest(long after, int limit) {
  private static final int MOST = 1_000;
  private static final int USUAL = 100;

  /** As the parameters {@code after} and {@code limit} have it. */
  public static PageRequest of(RoutingContext context) {
    return of(context, USUAL);
  }

  /** The same, of so many where no limit is given. */
  public static PageRequest of(RoutingContext context, int usual) {
    return new PageRequest(
        Arguments.number(context.queryParams().get("after"), "after", 0, Long.MAX_VALUE, 0),
        (int) Arguments.number(context.queryParams().get("limit"), "limit", 1, MOST, usual));
  }

  /** All that one call may have. */
  public static PageRequest most(RoutingContext context) {
    return of(context, MOST);
  }

  /** How many to look for: one more tells whether there is a next page. */
  public int wanted() {
    return limit + 1;
  }

  /** Writes an item. */
  public interface Item<T> {
    void write(JsonGenerator json, T item) throws IOException;
  }

  /** Answers with what was found, and where the next page begins. */
  public <T> void answer(
      RoutingContext context, List<T> found, ToLongFunction<T> number, Item<T> writer) {
    List<T> page = found.subList(0, Math.min(limit, found.size()));
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (T item : page) {
            json.writeStartObject();
            writer.write(json, item);
            json.writeEndObject();
          }
          json.writeEndArray();
          if (found.size() > limit) {
            json.writeNumberField("next", number.applyAsLong(page.getLast()));
          } else {
            json.writeNullField("next");
          }
          json.writeEndObject();
        });
  }
}
