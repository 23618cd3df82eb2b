package dev.unisono.server.operation;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.RecordQuery;
import dev.unisono.engine.record.RecordQuery.Edge;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A list as a caller asks for it: conditions, order, page, fields. Immutable.
 *
 * @param embed the relations to embed, as they were written
 * @param sortText the order as it was written
 */
public record ListRequest(
    Entity entity,
    RecordQuery query,
    FieldSelection fields,
    @Nullable String embed,
    String sortText) {
  public static final int DEFAULT_LIMIT = 50;
  private static final int MOST = 1_000;
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration COUNT_PATIENCE = Duration.ofSeconds(2);
  private static final int MOST_SORT_FIELDS = 10;
  private static final List<String> ONCE =
      List.of("limit", "sort", "after", "before", "fields", "total", "embed");
  private static final List<String> PARAMETERS =
      List.of("limit", "sort", "after", "before", "fields", "total", "embed", "or", "and");

  public static ListRequest parse(Entity entity, MultiMap parameters) {
    FilterReader filters = new FilterReader(entity, PARAMETERS);
    Map<String, String> once = new HashMap<>();
    for (var parameter : parameters.entries()) {
      String name = parameter.getKey();
      String value = parameter.getValue();
      if (ONCE.contains(name)) {
        if (once.putIfAbsent(name, value) != null) {
          throw new Refusal(400, "bad-parameter", "'" + name + "' is given twice.", name);
        }
      } else if (name.equals("or") || name.equals("and")) {
        filters.group(name, value);
      } else {
        filters.parameter(name, value);
      }
    }
    String sortText = Objects.requireNonNullElse(once.get("sort"), "");
    List<RecordQuery.Sort> sort = sort(entity, sortText);
    return new ListRequest(
        entity,
        new RecordQuery(
            filters.condition(),
            sort,
            edge(once, sortText, sort.size()),
            limit(once.get("limit")),
            PATIENCE,
            Arguments.flag(once.get("total"), "total") ? COUNT_PATIENCE : null),
        FieldSelection.parse(entity, once.get("fields"), PARAMETERS),
        once.get("embed"),
        sortText);
  }

  /** The first page of what fulfils a condition, as a caller gets it who asks for nothing else. */
  static RecordQuery first(Condition condition) {
    return new RecordQuery(condition, List.of(), Edge.BEGINNING, DEFAULT_LIMIT, PATIENCE, null);
  }

  /**
   * A page as a door asks for it that has conditions of its own form.
   *
   * @param page limit, sort, after, before and total, as parameters have them
   */
  public static ListRequest of(Entity entity, Condition condition, Map<String, String> page) {
    String sortText = Objects.requireNonNullElse(page.get("sort"), "");
    List<RecordQuery.Sort> sort = sort(entity, sortText);
    return new ListRequest(
        entity,
        new RecordQuery(
            condition,
            sort,
            edge(page, sortText, sort.size()),
            limit(page.get("limit")),
            PATIENCE,
            Arguments.flag(page.get("total"), "total") ? COUNT_PATIENCE : null),
        FieldSelection.parse(entity, null, PARAMETERS),
        null,
        sortText);
  }

  private static Edge edge(Map<String, String> once, String sortText, int sortCount) {
    String after = once.get("after");
    String before = once.get("before");
    if (after != null && before != null) {
      throw new Refusal(
          400, "bad-parameter", "A page is 'after' a place or 'before' one.", "before");
    }
    if (after != null) {
      return PageToken.decode("after", after, sortText, sortCount);
    }
    return before == null
        ? Edge.BEGINNING
        : PageToken.decode("before", before, sortText, sortCount);
  }

  private static int limit(@Nullable String text) {
    if (text == null) {
      return DEFAULT_LIMIT;
    }
    try {
      int limit = Integer.parseInt(text);
      if (limit >= 1 && limit <= MOST) {
        return limit;
      }
    } catch (NumberFormatException notWhole) {
      // Said below, like a number out of range.
    }
    throw new Refusal(400, "bad-limit", "limit is a number from 1 to " + MOST + ".", "limit");
  }

  private static List<RecordQuery.Sort> sort(Entity entity, String text) {
    List<RecordQuery.Sort> sort = new ArrayList<>();
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      boolean descending = part.startsWith("-");
      String name = descending ? part.substring(1) : part;
      FilterReader.field(entity, name, PARAMETERS);
      FilterReader.checkIndexed(entity, name);
      if (sort.stream().anyMatch(earlier -> earlier.field().equals(name))) {
        throw new Refusal(400, "bad-sort", "'" + name + "' stands in sort twice.", "sort");
      }
      if (sort.size() == MOST_SORT_FIELDS) {
        throw new Refusal(
            400, "bad-sort", "sort has at most " + MOST_SORT_FIELDS + " fields.", "sort");
      }
      sort.add(new RecordQuery.Sort(name, descending));
    }
    return sort;
  }

  /**
   * All pages of it, one after the other, so many records at a time.
   *
   * @throws Refusal 400 bad-parameter where one page of it was asked for
   */
  public static ListRequest whole(Entity entity, MultiMap parameters, int limit) {
    for (String name : List.of("limit", "before", "total")) {
      if (parameters.contains(name)) {
        throw new Refusal(
            400, "bad-parameter", "A list that is told whole has no '" + name + "'.", name);
      }
    }
    ListRequest one = parse(entity, parameters);
    RecordQuery query = one.query();
    return new ListRequest(
        entity,
        new RecordQuery(query.condition(), query.sort(), query.edge(), limit, query.atMost(), null),
        one.fields(),
        one.embed(),
        one.sortText());
  }

  /** The same list from another place on. */
  public ListRequest from(Edge edge) {
    return new ListRequest(
        entity,
        new RecordQuery(query.condition(), query.sort(), edge, query.limit(), query.atMost(), null),
        fields,
        embed,
        sortText);
  }

  /** The text that stands for a page's place. */
  public String token(Edge edge) {
    return PageToken.encode(sortText, edge);
  }
}
