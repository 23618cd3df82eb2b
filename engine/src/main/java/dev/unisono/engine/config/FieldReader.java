package dev.unisono.engine.config;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.validate.TextFormat;
import dev.unisono.engine.validate.ValueCheck;
import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** Reads the JSON Schema of one field. Has no state. */
final class FieldReader {
  private static final Set<String> TYPES =
      Set.of("integer", "number", "string", "boolean", "object", "array");

  private static final String DEFINITIONS = "#/$defs/";
  private static final int DEEPEST_REFERENCE = 8;

  private FieldReader() {}

  /**
   * A field as its schema says; whether it must have a value is said elsewhere.
   *
   * @param checks what is compiled of it, and what is not
   */
  record ReadField(
      String name,
      ValueType type,
      @Nullable ReadField items,
      boolean jsonNumber,
      String jsonSchema,
      FieldChecks.Compiled checks) {

    /** Of a field of which all is compiled. */
    FieldConstraints constraints(boolean required) {
      return new FieldConstraints(required, checks.checks());
    }

    FieldConstraints constraints(boolean required, EntitySchema whole) {
      List<ValueCheck> all = new ArrayList<>(checks.checks());
      all.addAll(whole.ofField(name));
      return new FieldConstraints(required, all);
    }

    Field field(boolean required) {
      return new Field(name, type, items == null ? null : items.type(), required);
    }

    EntityField described(boolean required) {
      return new EntityField(
          name,
          type,
          items == null ? null : items.described(false),
          required,
          jsonNumber,
          jsonSchema);
    }
  }

  static @Nullable ReadField read(String name, YamlMap map) {
    return read(name, map, map.optionalMap("$defs"));
  }

  /**
   * Reads a field.
   *
   * @param definitions where a field without a type may refer to: the schema's own {@code $defs}
   */
  static @Nullable ReadField read(String name, YamlMap map, YamlMap definitions) {
    map.check(SchemaKeys.FIELD);
    YamlMap typed = typed(map, definitions);
    if (typed.isNull("type")) {
      map.note(
          "type", "missing-key", "'type' is missing.", SchemaKeys.FIELD.getFirst().description());
    }
    String type = type(typed);
    ValueType valueType = type == null ? null : valueType(typed, type);
    map.text("title");
    map.text("description");
    ReadField items =
        typed.isNull("items") || valueType == ValueType.JSON ? null : items(name, typed, type);
    if (type == null || valueType == null || (valueType == ValueType.ARRAY && items == null)) {
      return null;
    }
    try {
      ObjectNode tree = (ObjectNode) SchemaTree.of(map.node());
      return new ReadField(
          name,
          valueType,
          items,
          type.equals("number") && valueType == ValueType.DECIMAL,
          tree.toString(),
          FieldChecks.of(map, valueType, items, tree));
    } catch (SchemaTree.TooLarge tooLarge) {
      map.note(
          map.node(), null, "bad-schema", "The schema is too deep or too large.", "Simplify it.");
      return null;
    }
  }

  /** Where the type of a field is said: in it, or where it refers to. */
  private static YamlMap typed(YamlMap map, YamlMap definitions) {
    YamlMap typed = map;
    for (int i = 0; i < DEEPEST_REFERENCE && typed.isNull("type"); i++) {
      String reference = typed.isNull("$ref") ? null : typed.text("$ref");
      if (reference == null || !reference.startsWith(DEFINITIONS)) {
        return map;
      }
      String name = reference.substring(DEFINITIONS.length());
      if (definitions.isNull(name)) {
        return map;
      }
      typed = definitions.map(name);
    }
    return typed;
  }

  /** What an array's elements are; null where that is not said right. */
  private static @Nullable ReadField items(String name, YamlMap map, @Nullable String type) {
    if (!"array".equals(type)) {
      map.note(
          "items",
          "not-available",
          "'items' stands beside another type than array.",
          "Leave it out, or write type: array.");
      return null;
    }
    YamlMap items = map.map("items");
    // Not followed further: by aliases it could lead to itself.
    if ("array".equals(items.isNull("type") ? null : type(items))) {
      map.note(
          "items",
          "not-available",
          "The items of an array are single values.",
          "Write the type of the innermost values; arrays of any dimension come as arrays in"
              + " arrays.");
      return null;
    }
    return read(name, items);
  }

  /** The type; a list of it and null says the same, since what is not required may be null. */
  private static @Nullable String type(YamlMap map) {
    List<String> types =
        map.elements("type").stream()
            .filter(ScalarNode.class::isInstance)
            .map(node -> ((ScalarNode) node).getValue())
            .filter(type -> !type.equals("null"))
            .toList();
    if (types.size() > 1 && (types.contains("object") || types.contains("array"))) {
      return "object"; // Of several kinds: a document.
    }
    if (types.size() > 1) {
      map.note(
          "type",
          "not-available",
          "A field has one type.",
          "Choose one, beside null; with object or array among them it is a JSON document.");
      return null;
    }
    return types.isEmpty() ? null : types.getFirst();
  }

  private static @Nullable ValueType valueType(YamlMap map, String type) {
    String format = map.text("format", "");
    String encoding = map.text("contentEncoding", "");
    ValueType found =
        switch (type) {
          case "integer" -> format.isEmpty() ? ValueType.LONG : null;
          case "boolean" -> format.isEmpty() ? ValueType.BOOLEAN : null;
          case "object" -> format.isEmpty() ? ValueType.JSON : null;
          case "array" ->
              !format.isEmpty() ? null : map.isNull("items") ? ValueType.JSON : ValueType.ARRAY;
          case "number" ->
              switch (format) {
                case "" -> ValueType.DECIMAL;
                case "double" -> ValueType.DOUBLE;
                default -> null;
              };
          case "string" ->
              switch (format) {
                case "" -> encoding.isEmpty() ? ValueType.STRING : bytes(encoding);
                case "decimal" -> ValueType.DECIMAL;
                case "date-time" -> ValueType.TIMESTAMP;
                case "date" -> ValueType.DATE;
                case "time" -> ValueType.TIME;
                case "uuid" -> ValueType.UUID;
                default -> TextFormat.NAMES.contains(format) ? ValueType.STRING : null;
              };
          default -> {
            map.note(
                "type",
                "wrong-value",
                "There is no type '" + type + "'.",
                "Use integer, number, string, boolean, object or array.");
            yield null;
          }
        };
    if (found == null && TYPES.contains(type)) {
      boolean byEncoding = format.isEmpty();
      map.note(
          byEncoding ? "contentEncoding" : "format",
          "not-available",
          "'" + (byEncoding ? encoding : format) + "' is not available for the type " + type + ".",
          SchemaKeys.FIELD.get(1).description());
    } else if (found != null && found != ValueType.BYTES && !encoding.isEmpty()) {
      map.note(
          "contentEncoding",
          "not-available",
          "contentEncoding is not available beside this type and format.",
          "Use it with strings that have no format.");
    }
    return found;
  }

  private static @Nullable ValueType bytes(String encoding) {
    return encoding.equals("base64") ? ValueType.BYTES : null;
  }
}
