package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.Config.ConflictRules;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FirstLoad;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads what a sync says of members that write the same records. Has no state. */
final class ConflictReader {
  private static final Set<ValueType> NUMBERS =
      EnumSet.of(ValueType.LONG, ValueType.DECIMAL, ValueType.DOUBLE);

  /** What only makes sense, or works as yet, where one member is read. */
  private static final List<String> ONLY_FOR_ONE_READER = List.of("schema-change");

  private static final List<String> NOT_FOR_BOTH =
      List.of(
          "create-table",
          "alter-table",
          "deletes",
          "where",
          "on-refusal",
          "park-limit",
          "park-share");

  private ConflictReader() {}

  static ConflictRules read(YamlMap sync, Optional<EntityConfig> entity) {
    YamlMap conflict = sync.optionalMap("conflict");
    if (!sync.has("conflict")) {
      return ConflictRules.standard();
    }
    conflict.check(ConfigKeys.CONFLICT);
    strategy(conflict, "strategy", List.of("latest"));
    String deletes = conflict.text("deletes", "edit-wins");
    if (!List.of("edit-wins", "delete-wins").contains(deletes)) {
      unknown(conflict, "deletes", deletes, "Use edit-wins or delete-wins.");
    }
    Set<String> added = new HashSet<>();
    YamlMap fields = conflict.optionalMap("fields");
    for (String field : fields.names()) {
      String strategy = strategy(fields, field, List.of("latest", "sum"));
      if (entity.isPresent()) {
        checkField(fields, field, strategy.equals("sum"), entity.get().schema());
      }
      if (strategy.equals("sum")) {
        added.add(field);
      }
    }
    return new ConflictRules(Set.copyOf(added), deletes.equals("edit-wins"));
  }

  private static String strategy(YamlMap map, String key, List<String> known) {
    String strategy = map.text(key, "latest");
    if (List.of("priority", "merge", "expression", "manual").contains(strategy)) {
      map.note(
          key,
          "not-available",
          "The strategy '" + strategy + "' is not available yet.",
          "Use " + String.join(" or ", known) + ".");
    } else if (!known.contains(strategy)) {
      unknown(map, key, strategy, "Use " + String.join(" or ", known) + ".");
    }
    return strategy;
  }

  private static void unknown(YamlMap map, String key, String value, String remedy) {
    map.note(key, "wrong-value", "There is no '" + value + "' here.", remedy);
  }

  private static void checkField(YamlMap fields, String name, boolean sum, Schema schema) {
    Integer position = schema.find(name);
    if (position == null) {
      List<String> known = schema.fields().stream().map(Field::name).toList();
      fields.note(
          fields.keyNode(name),
          name,
          "unknown-field",
          schema.name() + " has no field '" + name + "'" + Nearest.question(name, known),
          "Fields: " + String.join(", ", known) + ".");
    } else if (sum && !NUMBERS.contains(schema.field(position).type())) {
      fields.note(
          name,
          "wrong-value",
          "'" + name + "' is no number, so that nothing can be added to it.",
          "Use latest.");
    }
  }

  /** Says what a sync with several readers cannot have. */
  static void checkMerging(YamlMap sync, FirstLoad firstLoad) {
    for (String key : ONLY_FOR_ONE_READER) {
      if (sync.has(key)) {
        notAvailable(sync, key);
      }
    }
    for (YamlMap member : sync.maps("members")) {
      if (firstLoad == FirstLoad.ASK && member.text("direction", "").equals("write")) {
        member.note(
            "direction",
            "not-available",
            "A member that is only written beside several that are read gets what is merged at once,"
                + " before anybody has said that the others may be written.",
            "Set first-load: live in the sync, or add this member once it is live.");
      }
      for (String key : NOT_FOR_BOTH) {
        if (member.text("direction", "").equals("both") && member.has(key)) {
          notAvailable(member, key);
        }
      }
    }
  }

  private static void notAvailable(YamlMap map, String key) {
    map.note(
        map.keyNode(key),
        key,
        "not-available",
        "'" + key + "' is not available where several members are read.",
        "Leave it out.");
  }
}
