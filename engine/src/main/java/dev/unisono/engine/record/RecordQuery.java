package dev.unisono.engine.record;

import dev.unisono.spi.Key;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of records asked for. All fields named are indexed ones. Immutable.
 *
 * @param filters all must hold
 * @param sort the order; the key is always its last part
 * @param after the last record of the page before: the values of the sort fields in order, and its
 *     key; or null
 * @param limit at most this many, 1 to 1,000
 */
public record RecordQuery(List<Filter> filters, List<Sort> sort, @Nullable After after, int limit) {
  /** A field equals a value; null matches null. */
  public record Filter(String field, @Nullable Object value) {}

  /** A field to sort by; nulls come first when ascending. */
  public record Sort(String field, boolean descending) {}

  /** Where the page before ended. */
  public record After(List<@Nullable Object> sortValues, Key key) {}
}
