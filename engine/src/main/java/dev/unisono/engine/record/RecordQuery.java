package dev.unisono.engine.record;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A page of records asked for. All fields named are indexed ones. Immutable.
 *
 * @param condition what the records must fulfil
 * @param sort the order; the key is always its last part, and goes as the field before it does
 * @param edge where the page begins or ends
 * @param limit at most this many, 1 to 1,000
 * @param atMost how long it may take to find them
 * @param countAtMost how long it may take to count all that fulfil the condition; null where they
 *     are not to be counted
 */
public record RecordQuery(
    Condition condition,
    List<Sort> sort,
    Edge edge,
    int limit,
    Duration atMost,
    @Nullable Duration countAtMost) {
  /** The names of the fields that it asks for: what is answered tells of their values. */
  public Set<String> asksFor() {
    Set<String> names = new HashSet<>();
    add(names, condition);
    sort.forEach(each -> names.add(each.field()));
    return names;
  }

  private static void add(Set<String> names, Condition condition) {
    switch (condition) {
      case Condition.All all -> all.conditions().forEach(each -> add(names, each));
      case Condition.Any any -> any.conditions().forEach(each -> add(names, each));
      case Condition.Compared compared -> names.add(compared.field());
      case Condition.OneOf oneOf -> names.add(oneOf.field());
      case Condition.Like like -> names.add(like.field());
      case Condition.Absent absent -> names.add(absent.field());
    }
  }

  /** The same list at another place, with so many records. */
  public RecordQuery from(Edge other, int most) {
    return new RecordQuery(condition, sort, other, most, atMost, null);
  }

  /** A field to sort by; what has no value comes first when ascending. */
  public record Sort(String field, boolean descending) {}

  /**
   * Where a page lies: behind a place, or before it.
   *
   * @param place null for the list's beginning, or for its end where the page lies before it
   */
  public record Edge(@Nullable Place place, boolean before) {
    /** The first page lies behind it. */
    public static final Edge BEGINNING = new Edge(null, false);

    /** The last page lies before it. */
    public static final Edge END = new Edge(null, true);
  }

  /**
   * A record's place in a list, whether it is still there or not.
   *
   * @param parts the ordered bytes of the sort's fields, empty where there is no value, then the
   *     key's
   */
  public record Place(List<byte[]> parts) {
    public Place {
      parts = List.copyOf(parts);
    }
  }
}
