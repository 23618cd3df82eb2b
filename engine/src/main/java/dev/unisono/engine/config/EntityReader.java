package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.assess.EntityName;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.standardize.Step;
import dev.unisono.engine.validate.FieldCheck;
import dev.unisono.engine.validate.RowCheck;
import dev.unisono.engine.validate.Severity;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the entities of a config. For one thread. */
final class EntityReader {
  private static final Pattern PLURAL = Pattern.compile("[a-z][a-z0-9_-]{0,62}");
  private static final Duration LONGEST_CACHE_AGE = Duration.ofDays(1);

  private final Path folder;
  private final Set<String> plurals = new HashSet<>();
  private final ConstraintReader constraints = new ConstraintReader();

  /**
   * @param folder relative paths begin here
   */
  EntityReader(Path folder) {
    this.folder = folder;
  }

  Map<String, EntityConfig> read(YamlMap map) {
    Map<String, EntityConfig> entities = new LinkedHashMap<>();
    for (String name : map.names()) {
      EntityConfig entity = read(name, map.map(name));
      if (entity != null) {
        entities.put(name, entity);
      }
    }
    return entities;
  }

  /**
   * Looks whether what entities refer to can be found, once all have been read.
   *
   * @param named the names of all, those with problems included
   * @param synced those that some sync reads
   */
  void checkReferences(Map<String, EntityConfig> entities, Set<String> named, Set<String> synced) {
    constraints.check(entities, named, synced);
  }

  private @Nullable EntityConfig read(String name, YamlMap map) {
    map.check(ConfigKeys.ENTITY);
    String plural = plural(name, map);
    SchemaFile file = new SchemaFile(map.optionalMap("schema"), folder);
    EntityConfig entity = read(name, plural, map, file.schema());
    file.tell();
    return entity;
  }

  private @Nullable EntityConfig read(String name, String plural, YamlMap map, YamlMap schemaMap) {
    if (!map.isNull("schema")) {
      schemaMap.check(SchemaKeys.ENTITY);
      if (schemaMap.isNull("properties") && schemaMap.isNull("file")) {
        schemaMap.note(
            schemaMap.node(),
            "properties",
            "missing-key",
            "'properties' is missing.",
            "The fields, by name.");
      }
    }
    YamlMap properties = schemaMap.optionalMap("properties");
    List<FieldReader.ReadField> fields = new ArrayList<>();
    for (String field : properties.names()) {
      FieldReader.ReadField read =
          FieldReader.read(field, properties.map(field), schemaMap.optionalMap("$defs"));
      if (read != null) {
        fields.add(read);
      }
    }
    Set<String> known = Set.copyOf(properties.names());
    List<String> key = named(map, "key", known);
    Set<String> required = new HashSet<>(named(schemaMap, "required", known));
    required.addAll(key);
    StepReader steps = new StepReader(known, Set.copyOf(key));
    fields.forEach(field -> steps.type(field.name(), field.type()));
    Map<String, List<Step>> standardize = steps.read(map, "standardize");
    if (fields.size() < properties.names().size() || fields.isEmpty() || key.isEmpty()) {
      return null;
    }
    Schema schema =
        new Schema(
            name,
            fields.stream().map(field -> field.field(required.contains(field.name()))).toList(),
            key);
    checkKey(map, schema);
    EntitySchema whole = EntitySchema.read(schemaMap, fields, required);
    List<FieldRules> rules = new ArrayList<>();
    List<EntityField> described = new ArrayList<>();
    List<RowCheck> rowChecks = new ArrayList<>(whole.ofRows());
    Map<String, Severity> severities = RuleReader.severities(map, known);
    for (FieldReader.ReadField field : fields) {
      boolean needed = required.contains(field.name());
      FieldConstraints asked = field.constraints(needed, whole);
      Severity severity = severities.getOrDefault(field.name(), Severity.REJECT);
      if (severity != Severity.REJECT) {
        int position = schema.position(field.name());
        rowChecks.add(new FieldCheck(position, field.name(), asked.checks(), severity));
        asked = new FieldConstraints(needed, List.of());
      }
      rules.add(new FieldRules(standardize.getOrDefault(field.name(), List.of()), asked));
      described.add(field.described(needed));
    }
    IndexReader.Indexes indexes = IndexReader.read(map, schema, known);
    return new EntityConfig(
        plural,
        schema,
        described,
        rules,
        indexes.fields(),
        indexes.compound(),
        map.flag("serve", true),
        new MatchReader(schema).read(map),
        RuleReader.read(map, schema, rowChecks),
        constraints.read(map, schema),
        whole.text(),
        cacheAge(map.optionalMap("cache-control")));
  }

  private static Duration cacheAge(YamlMap map) {
    map.check(List.of(ConfigKeys.MAX_AGE));
    Duration age = Amounts.duration(map.text("max-age", "0s"));
    if (age == null || age.compareTo(LONGEST_CACHE_AGE) > 0 || age.toMillisPart() != 0) {
      map.note(
          "max-age",
          "out-of-range",
          "max-age is not from 0s to 1d in whole seconds.",
          "Choose one in that range, such as 5s.");
      return Duration.ZERO;
    }
    return age;
  }

  private String plural(String name, YamlMap map) {
    String plural = map.text("plural", name + "s");
    if (!PLURAL.matcher(plural).matches()) {
      map.note(
          "plural",
          "bad-plural",
          "'" + plural + "' cannot be a part of a path.",
          "Use lower-case letters, digits, hyphens and underscores, with a letter first.");
    } else if (EntityName.RESERVED.contains(plural)) {
      map.note(
          "plural",
          "reserved-plural",
          "'" + plural + "' has a meaning of its own.",
          "Choose another.");
    } else if (!plurals.add(plural)) {
      map.note("plural", "plural-twice", "Another entity has this plural.", "Choose another.");
    }
    return plural;
  }

  /** A list of names of fields, those that exist. */
  static List<String> named(YamlMap map, String key, Set<String> known) {
    return named(map, key, map.texts(key), known);
  }

  /** Those of some names that are fields, each once. */
  static List<String> named(YamlMap map, String key, List<String> names, Set<String> known) {
    List<String> found = new ArrayList<>();
    for (String field : names) {
      if (!known.contains(field)) {
        map.note(
            key,
            "unknown-field",
            "There is no field '" + field + "'" + Nearest.question(field, known),
            "Name a field of the schema.");
      } else if (found.contains(field)) {
        map.note(key, "named-twice", "'" + field + "' is named twice.", "Name it once.");
      } else {
        found.add(field);
      }
    }
    return found;
  }

  private static void checkKey(YamlMap map, Schema schema) {
    for (int i = 0; i < schema.keySize(); i++) {
      Field field = schema.field(schema.keyPosition(i));
      boolean fits =
          switch (field.type()) {
            case LONG, DECIMAL, STRING, UUID, DATE, TIME, TIMESTAMP, BOOLEAN, BYTES -> true;
            case DOUBLE, JSON, ARRAY -> false;
          };
      if (!fits) {
        map.note(
            "key",
            "bad-key-type",
            "'" + field.name() + "' has a type that cannot identify a record.",
            "Use an integer, a string, a uuid, a date or a decimal.");
      }
    }
  }
}
