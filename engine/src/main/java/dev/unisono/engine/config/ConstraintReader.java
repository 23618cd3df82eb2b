package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import dev.unisono.engine.config.Constraints.Reference;
import dev.unisono.engine.config.Constraints.Unique;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Reads what must hold between records, and looks whether it can be asked. For one thread. */
final class ConstraintReader {
  /** A reference and where it stands; what it refers to may be read after it. */
  private record Found(YamlMap map, Schema from, Reference reference) {}

  private final List<Found> found = new ArrayList<>();

  Constraints read(YamlMap entity, Schema schema) {
    Set<String> names = new LinkedHashSet<>();
    schema.fields().forEach(field -> names.add(field.name()));
    List<Unique> unique = unique(entity, schema, names);
    List<Reference> references =
        references(entity, "references", ConfigKeys.REFERENCE, schema, names);
    List<Reference> relations = new ArrayList<>(references);
    relations.addAll(references(entity, "relations", ConfigKeys.RELATION, schema, names));
    Constraints constraints = new Constraints(unique, references, relations);
    if (!constraints.isEmpty() && !entity.elements("match").isEmpty()) {
      entity.note(
          unique.isEmpty() ? "references" : "unique",
          "not-available",
          "Records whose rows are matched are not compared with others after that.",
          unique.isEmpty()
              ? "Leave it out: each member has keys of its own, and what refers to them cannot be"
                  + " told."
              : "Use match rules: rows that are equal in those fields are one record.");
    }
    return constraints;
  }

  private List<Reference> references(
      YamlMap entity, String key, List<ConfigKey> keys, Schema schema, Set<String> names) {
    List<Reference> references = new ArrayList<>();
    for (YamlMap each : entity.maps(key)) {
      each.check(keys);
      List<String> fields = EntityReader.named(each, "field", names);
      String to = each.text("entity");
      if (!fields.isEmpty() && to != null) {
        Reference reference = new Reference(fields, to, RuleReader.severity(each));
        references.add(reference);
        found.add(new Found(each, schema, reference));
      }
    }
    return references;
  }

  private static List<Unique> unique(YamlMap entity, Schema schema, Set<String> names) {
    List<Unique> unique = new ArrayList<>();
    Set<Set<String>> seen = new HashSet<>();
    for (YamlMap each : entity.maps("unique")) {
      each.check(ConfigKeys.UNIQUE);
      List<String> fields = EntityReader.named(each, "field", names);
      for (String field : fields) {
        ValueType type = field(schema, field).type();
        if (type == ValueType.JSON || type == ValueType.ARRAY) {
          each.note(
              "field",
              "wrong-value",
              "'" + field + "' is no single value, and is not compared.",
              "Name another field.");
        }
      }
      if (!fields.isEmpty() && fields.containsAll(key(schema))) {
        each.note(
            "field",
            "wrong-value",
            "The key is among them, by which no two records are equal anyhow.",
            "Leave it out, or name other fields.");
      } else if (!fields.isEmpty() && !seen.add(Set.copyOf(fields))) {
        each.note("field", "named-twice", "These fields are named twice.", "Name them once.");
      } else if (!fields.isEmpty()) {
        unique.add(new Unique(fields, RuleReader.severity(each)));
      }
    }
    return unique;
  }

  private static Field field(Schema schema, String name) {
    return schema.field(Objects.requireNonNull(schema.find(name)));
  }

  private static List<String> key(Schema schema) {
    List<String> key = new ArrayList<>();
    for (int i = 0; i < schema.keySize(); i++) {
      key.add(schema.field(schema.keyPosition(i)).name());
    }
    return key;
  }

  /**
   * Looks whether all that is referred to can be found.
   *
   * @param named the names of all entities, those with problems included
   * @param synced the entities that some sync reads
   */
  void check(Map<String, EntityConfig> entities, Set<String> named, Set<String> synced) {
    for (Found each : found) {
      String to = each.reference().entity();
      EntityConfig other = entities.get(to);
      if (!named.contains(to)) {
        each.map()
            .note(
                "entity",
                "no-such-entity",
                "There is no entity '" + to + "'" + Nearest.question(to, named),
                "Name one of " + named.stream().sorted().toList() + ".");
      } else if (other != null) {
        // What is wrong with one that could not be read is said there.
        check(each, other, synced.contains(to));
      }
    }
  }

  private static void check(Found each, EntityConfig other, boolean read) {
    String to = other.schema().name();
    if (!read) {
      each.map()
          .note(
              "entity",
              "wrong-value",
              "No sync reads '" + to + "': nobody would know its records.",
              "Add a sync that reads it, or leave the reference out.");
    } else if (!other.match().isEmpty()) {
      each.map()
          .note(
              "entity",
              "not-available",
              "Each member has keys of its own for '" + to + "': nothing can refer to them.",
              "Leave the reference out.");
    } else {
      checkTypes(each, other.schema());
    }
  }

  private static void checkTypes(Found each, Schema to) {
    List<String> fields = each.reference().fields();
    List<String> key = key(to);
    if (fields.size() != key.size()) {
      each.map()
          .note(
              "field",
              "wrong-value",
              "The key of '" + to.name() + "' is " + key + "; here are " + fields.size() + ".",
              "Name a field for each of its parts, in their order.");
      return;
    }
    for (int i = 0; i < fields.size(); i++) {
      ValueType here = field(each.from(), fields.get(i)).type();
      ValueType there = field(to, key.get(i)).type();
      if (here != there) {
        each.map()
            .note(
                "field",
                "wrong-type",
                "'"
                    + fields.get(i)
                    + "' is "
                    + word(here)
                    + ", and '"
                    + key.get(i)
                    + "' of '"
                    + to.name()
                    + "' is "
                    + word(there)
                    + ": they are never equal.",
                "Give both the same type.");
      }
    }
  }

  private static String word(ValueType type) {
    return type == ValueType.LONG ? "integer" : type.name().toLowerCase(Locale.ROOT);
  }
}
