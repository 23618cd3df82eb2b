package dev.unisono.server.graphql;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.Records;
import dev.unisono.server.operation.FilterReader;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Refusal;
import dev.unisono.server.operation.Relations;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import graphql.schema.DataFetchingEnvironment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Records by their key, and lists, as queries ask for them. Safe for threads. */
final class Reads {
  private final Shown shown;

  Reads(Shown shown) {
    this.shown = shown;
  }

  /** A record as an answer's fields are taken from it. */
  record Item(EntityRecord record) {}

  /** Null where there is none. */
  @Nullable Item one(DataFetchingEnvironment environment) throws InterruptedException {
    Asked asked = Asked.of(environment);
    Entity entity = now(asked);
    try {
      EntityRecord record =
          asked.reflected(
              entity,
              asked
                  .operations()
                  .get(asked.caller(), entity, key(entity, environment), asked.after()));
      return record.row() == null ? null : new Item(record);
    } catch (Refusal refusal) {
      if (refusal.code().equals("not-found")) {
        return null;
      }
      throw refusal;
    }
  }

  /** A page of a list, as a map of its fields. */
  Map<String, @Nullable Object> many(DataFetchingEnvironment environment)
      throws InterruptedException {
    return many(environment, Condition.ANY_RECORD);
  }

  /** A page of those that refer to the record whose field this is. */
  Map<String, @Nullable Object> referring(
      DataFetchingEnvironment environment, Relations.Referrers referrers)
      throws InterruptedException {
    Item item = environment.getSource();
    Row row = Objects.requireNonNull(Objects.requireNonNull(item).record().row());
    List<Condition> alike = new ArrayList<>();
    for (int part = 0; part < row.schema().keySize(); part++) {
      alike.add(
          new Condition.Compared(
              referrers.fields().get(part),
              Condition.Comparison.EQUAL,
              Objects.requireNonNull(row.value(row.schema().keyPosition(part)))));
    }
    return many(environment, new Condition.All(alike));
  }

  private Map<String, @Nullable Object> many(DataFetchingEnvironment environment, Condition among)
      throws InterruptedException {
    Asked asked = Asked.of(environment);
    Entity entity = now(asked);
    FilterReader reader = new FilterReader(entity, List.of());
    Map<String, Object> filter = environment.getArgument("filter");
    ListRequest list =
        ListRequest.of(
            entity,
            filter == null ? among : new Condition.All(List.of(among, condition(reader, filter))),
            page(environment));
    Records.Page page =
        asked.reflected(entity, asked.operations().list(asked.caller(), list, asked.after()));
    List<Item> items = new ArrayList<>();
    for (EntityRecord record : page.records()) {
      if (record.row() != null) {
        items.add(new Item(record));
      }
    }
    Map<String, @Nullable Object> answer = new HashMap<>();
    answer.put("items", items);
    answer.put("next", token(list, page.next()));
    answer.put("previous", token(list, page.previous()));
    answer.put("total", page.total() == null ? null : Values.number(page.total()));
    answer.put("cursor", page.position().text());
    return answer;
  }

  private static @Nullable String token(ListRequest list, @Nullable Edge edge) {
    return edge == null ? null : list.token(edge);
  }

  /** By its fields of now, which may have changed since the schema was made. */
  Entity now(Asked asked) {
    return asked.operations().named(shown.entity().name());
  }

  /** The key that the arguments name. */
  Key key(Entity entity, DataFetchingEnvironment environment) {
    String[] parts = new String[shown.arguments().size()];
    for (int part = 0; part < parts.length; part++) {
      Object value = environment.getArgument(shown.arguments().get(part));
      parts[part] = String.valueOf(value);
    }
    try {
      return EntityJson.parseKey(entity, parts);
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-key", String.valueOf(unfit.getMessage()), "key");
    }
  }

  /** As parameters of a list have it. */
  private Map<String, String> page(DataFetchingEnvironment environment) {
    Map<String, String> page = new HashMap<>();
    for (String name : List.of("limit", "after", "before", "total")) {
      Object value = environment.getArgument(name);
      if (value != null) {
        page.put(name, value.toString());
      }
    }
    List<Map<String, Object>> sort = environment.getArgument("sort");
    if (sort != null) {
      page.put("sort", String.join(",", sort.stream().map(this::sort).toList()));
    }
    return page;
  }

  private String sort(Map<String, Object> order) {
    String field = shown.fieldOf(String.valueOf(order.get("field")));
    return "DESC".equals(order.get("direction")) ? "-" + field : field;
  }

  private Condition condition(FilterReader reader, Map<String, Object> filter) {
    List<Condition> all = new ArrayList<>();
    filter.forEach((name, value) -> {
      switch (name) {
        case "and" -> all.addAll(conditions(reader, value));
        case "or" -> all.add(new Condition.Any(conditions(reader, value)));
        default -> all.addAll(compared(reader, shown.fieldOf(name), value));
      }
    });
    return new Condition.All(all);
  }

  private List<Condition> conditions(FilterReader reader, @Nullable Object groups) {
    List<Condition> conditions = new ArrayList<>();
    for (Map<String, Object> group : maps(groups)) {
      conditions.add(condition(reader, group));
    }
    return conditions;
  }

  private static List<Condition> compared(
      FilterReader reader, String field, @Nullable Object operators) {
    List<Condition> conditions = new ArrayList<>();
    for (Map.Entry<String, Object> each : map(operators).entrySet()) {
      Object value = each.getValue();
      if (value == null) {
        throw new Refusal(
            400, "bad-value", "To ask for what has no value, write { null: true }.", field);
      }
      conditions.add(
          value instanceof List<?> list
              ? reader.oneOf(field, each.getKey(), list.stream().map(String::valueOf).toList())
              : reader.condition(field, each.getKey(), value.toString()));
    }
    return conditions;
  }

  private static Map<String, Object> map(@Nullable Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> given) {
      given.forEach((name, each) -> map.put(String.valueOf(name), each));
    }
    return map;
  }

  private static List<Map<String, Object>> maps(@Nullable Object value) {
    return value instanceof List<?> list
        ? list.stream().filter(Objects::nonNull).map(Reads::map).toList()
        : List.of();
  }
}
