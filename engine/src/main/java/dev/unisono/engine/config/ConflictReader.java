package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.Config.ConflictRules;
import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FirstLoad;
import dev.unisono.engine.expression.ConflictExpression;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;

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
    FieldStrategy otherwise = strategy(conflict, "strategy", ConfigKeys.STRATEGIES);
    String deletes = conflict.text("deletes", "edit-wins");
    if (!ConfigKeys.DELETES.contains(deletes)) {
      unknown(conflict, "deletes", deletes, ConfigKeys.DELETES);
    }
    Map<String, FieldStrategy> own = new HashMap<>();
    YamlMap fields = conflict.optionalMap("fields");
    for (String name : fields.names()) {
      Field field = entity.isEmpty() ? null : field(fields, name, entity.get().schema());
      boolean computed = fields.node(name) instanceof MappingNode;
      if (field != null && computed) {
        FieldStrategy expression = expression(fields.map(name), field);
        own.put(name, expression);
      } else if (!computed) {
        FieldStrategy strategy = strategy(fields, name, ConfigKeys.FIELD_STRATEGIES);
        checkNumber(fields, name, strategy, field);
        own.put(name, strategy);
      }
    }
    return new ConflictRules(
        otherwise,
        Map.copyOf(own),
        switch (deletes) {
          case "delete-wins" -> DeleteRule.DELETE_WINS;
          case "ask" -> DeleteRule.ASK;
          default -> DeleteRule.EDIT_WINS;
        });
  }

  private static FieldStrategy strategy(YamlMap map, String key, List<String> known) {
    String name = map.text(key, "latest");
    if (!known.contains(name)) {
      unknown(map, key, name, known);
    }
    return switch (name) {
      case "priority" -> new FieldStrategy.Priority();
      case "merge" -> new FieldStrategy.Merge();
      case "manual" -> new FieldStrategy.Manual();
      case "sum" -> new FieldStrategy.Sum();
      default -> new FieldStrategy.Latest();
    };
  }

  private static FieldStrategy expression(YamlMap map, Field field) {
    map.check(ConfigKeys.FIELD_CONFLICT);
    String text = map.text("expression");
    if (text == null) {
      return new FieldStrategy.Latest();
    }
    try {
      return new FieldStrategy.Computed(ConflictExpression.compile(text, field.type()));
    } catch (UnfitExpression unfit) {
      map.note(
          "expression",
          "bad-expression",
          "This is no expression for '" + field.name() + "': " + unfit.getMessage() + ".",
          "Write one in CEL, such as: newer.value > older.value ? newer.value : older.value");
      return new FieldStrategy.Latest();
    }
  }

  private static void unknown(YamlMap map, String key, String value, List<String> known) {
    map.note(
        key,
        "wrong-value",
        "There is no '" + value + "' here" + Nearest.question(value, known),
        "Use one of " + String.join(", ", known) + ".");
  }

  private static @Nullable Field field(YamlMap fields, String name, Schema schema) {
    Integer position = schema.find(name);
    if (position == null) {
      List<String> known = schema.fields().stream().map(Field::name).toList();
      fields.note(
          fields.keyNode(name),
          name,
          "unknown-field",
          schema.name() + " has no field '" + name + "'" + Nearest.question(name, known),
          "Fields: " + String.join(", ", known) + ".");
      return null;
    }
    return schema.field(position);
  }

  private static void checkNumber(
      YamlMap fields, String name, FieldStrategy strategy, @Nullable Field field) {
    if (strategy instanceof FieldStrategy.Sum && field != null && !NUMBERS.contains(field.type())) {
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
