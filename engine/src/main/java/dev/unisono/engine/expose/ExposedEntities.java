package dev.unisono.engine.expose;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.engine.assess.EntityName;
import dev.unisono.engine.assess.SuggestedField;
import dev.unisono.engine.assess.TableKey;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.SurveyedTable.Column;
import dev.unisono.spi.SurveyedTable.Reference;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes entities and syncs, as they would stand in a config, of the tables of systems for which
 * none are written. What it makes depends on the tables and the names alone, so that it is the same
 * at each start. For one thread.
 */
public final class ExposedEntities {
  /** So many fields are indexed at most beside those that the system has an index for itself. */
  private static final int MOST_INDEXED = 16;

  /** Texts that may be longer are not filtered or sorted by. */
  private static final int LONGEST_INDEXED = 1_000;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Set<String> reserved;
  private final Set<String> names = new HashSet<>();
  private final Set<String> syncs = new HashSet<>();
  private final Map<String, Object> madeEntities = new LinkedHashMap<>();
  private final Map<String, Object> madeSyncs = new LinkedHashMap<>();
  private final List<Problem> leftOut = new ArrayList<>();

  /**
   * @param reserved what no entity may be called in paths
   * @param names of entities that are written, and their plurals
   * @param syncs the names of those that are written
   */
  public ExposedEntities(
      Collection<String> reserved, Collection<String> names, Collection<String> syncs) {
    this.reserved = Set.copyOf(reserved);
    this.names.addAll(names);
    this.syncs.addAll(syncs);
  }

  /** A table and what becomes of it. */
  private record Exposed(
      SurveyedTable table, EntityName name, List<String> key, List<Column> columns) {
    @Nullable Column column(String column) {
      return columns.stream().filter(each -> each.name().equals(column)).findAny().orElse(null);
    }
  }

  /**
   * Makes those of one system.
   *
   * @param refresh how often its tables are read again; null where it shows what changes
   */
  public void add(String system, List<SurveyedTable> tables, @Nullable String refresh) {
    List<Exposed> exposed = new ArrayList<>();
    for (SurveyedTable table : tables) {
      List<Column> columns =
          table.columns().stream()
              .filter(column -> column.type() != null && !column.generated())
              .toList();
      Optional<List<String>> key =
          TableKey.declared(table)
              .filter(names -> columns.stream().map(Column::name).toList().containsAll(names));
      if (key.isPresent()) {
        exposed.add(new Exposed(table, name(system, table.name()), key.get(), columns));
      } else {
        leftOut.add(
            new Problem(
                "table-without-key",
                ProblemType.USER,
                table.name()
                    + " of "
                    + system
                    + " is not exposed: it has neither a primary key nor a unique one without null.",
                "systems." + system + ".expose",
                "Give it one, or write an entity whose key you know to be one."));
      }
    }
    for (Exposed each : exposed) {
      madeEntities.put(each.name.name(), entity(each, exposed));
      madeSyncs.put(syncName(system, each), sync(system, each, refresh));
    }
  }

  /** By the name of each, as it would stand under {@code entities}. */
  public Map<String, Object> entities() {
    return madeEntities;
  }

  /** By the name of each, as it would stand under {@code syncs}. */
  public Map<String, Object> syncs() {
    return madeSyncs;
  }

  /** Tables that cannot be exposed, and why. */
  public List<Problem> leftOut() {
    return List.copyOf(leftOut);
  }

  /**
   * A name that nothing else has: that of the table, else with its schema, else with its system.
   */
  private EntityName name(String system, String table) {
    EntityName plain = EntityName.of(table);
    int dot = table.lastIndexOf('.');
    String schema = dot < 0 ? "" : table.substring(0, dot).replaceAll("[^A-Za-z0-9]", "_") + "_";
    for (String before :
        new String[] {"", schema, lower(system) + "_", lower(system) + "_" + schema}) {
      EntityName name = before.isEmpty() ? plain : EntityName.of(before + plain.plural());
      if (take(name)) {
        return name;
      }
    }
    for (int number = 2; ; number++) {
      EntityName name = new EntityName(plain.name() + "_" + number, plain.plural() + "_" + number);
      if (take(name)) {
        return name;
      }
    }
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "_");
  }

  private boolean take(EntityName name) {
    if (reserved.contains(name.plural())
        || names.contains(name.name())
        || names.contains(name.plural())) {
      return false;
    }
    names.add(name.name());
    names.add(name.plural());
    return true;
  }

  private String syncName(String system, Exposed each) {
    String name = each.name.plural();
    while (!syncs.add(name)) {
      name = system + "-" + name;
    }
    return name;
  }

  private static Map<String, Object> entity(Exposed each, List<Exposed> all) {
    Map<String, Object> properties = new LinkedHashMap<>();
    for (Column column : each.columns) {
      properties.put(column.name(), schema(column));
    }
    List<Map<String, Object>> relations = new ArrayList<>();
    for (Reference reference : each.table.references()) {
      relation(each, reference, all).ifPresent(relations::add);
    }
    Map<String, Object> entity = new LinkedHashMap<>();
    entity.put("plural", each.name.plural());
    entity.put("key", each.key);
    entity.put("schema", Map.of("properties", properties));
    entity.put("index", indexed(each));
    if (!relations.isEmpty()) {
      entity.put("relations", relations);
    }
    return entity;
  }

  private static Map<String, Object> schema(Column column) {
    Map<String, Object> schema = new LinkedHashMap<>();
    SuggestedField.typed(Objects.requireNonNull(column.type()), column.items())
        .forEach((word, json) -> {
          try {
            schema.put(word, JSON.readValue(json, Object.class));
          } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("it was written as JSON: " + json, impossible);
          }
        });
    return schema;
  }

  /** Where the columns are the key of another table that is exposed. */
  private static Optional<Map<String, Object>> relation(
      Exposed from, Reference reference, List<Exposed> all) {
    for (Exposed to : all) {
      if (!same(reference.table(), to.table.name())
          || !Set.copyOf(reference.referred()).equals(Set.copyOf(to.key))
          || reference.referred().size() != to.key.size()) {
        continue;
      }
      List<String> fields = new ArrayList<>();
      for (String part : to.key) {
        String field = reference.columns().get(reference.referred().indexOf(part));
        Column column = from.column(field);
        Column other = to.column(part);
        if (column == null || other == null || column.type() != other.type()) {
          return Optional.empty();
        }
        fields.add(field);
      }
      return Optional.of(Map.of("field", fields, "entity", to.name.name()));
    }
    return Optional.empty();
  }

  /** Some systems name a table that is referred to without its schema. */
  private static boolean same(String referred, String table) {
    return referred.equals(table) || (!referred.contains(".") && table.endsWith("." + referred));
  }

  private static List<String> indexed(Exposed each) {
    Set<String> indexed = new LinkedHashSet<>();
    List<List<String>> there = new ArrayList<>(each.table.indexes());
    there.addAll(each.table.uniqueKeys());
    each.table.references().forEach(reference -> there.add(reference.columns()));
    for (List<String> columns : there) {
      columns.stream().filter(name -> canBeIndexed(each.column(name))).forEach(indexed::add);
    }
    int own = indexed.size();
    for (Column column : each.columns) {
      if (indexed.size() < Math.max(own, MOST_INDEXED)
          && canBeIndexed(column)
          && column.length() <= LONGEST_INDEXED) {
        indexed.add(column.name());
      }
    }
    return List.copyOf(indexed);
  }

  private static boolean canBeIndexed(@Nullable Column column) {
    return column != null
        && column.type() != ValueType.JSON
        && column.type() != ValueType.ARRAY
        && column.type() != ValueType.BYTES;
  }

  private static Map<String, Object> sync(String system, Exposed each, @Nullable String refresh) {
    Map<String, Object> sync = new LinkedHashMap<>();
    sync.put("entity", each.name.name());
    sync.put("schema-change", "evolve");
    if (refresh != null) {
      sync.put("refresh", refresh);
    }
    sync.put(
        "members",
        List.of(Map.of("system", system, "table", each.table.name(), "direction", "read")));
    return sync;
  }
}
