package dev.unisono.engine.config;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.validate.Validator;
import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/** Reads the JSON Schema of one field. Has no state. */
final class FieldReader {
  private static final Set<String> TYPES =
      Set.of("integer", "number", "string", "boolean", "object", "array");

  private FieldReader() {}

  /** A field as its schema says; whether it must have a value is said elsewhere. */
  record ReadField(
      String name,
      ValueType type,
      @Nullable ReadField items,
      boolean jsonNumber,
      String jsonSchema,
      @Nullable Integer minLength,
      @Nullable Integer maxLength,
      @Nullable Pattern pattern,
      @Nullable BigDecimal minimum,
      @Nullable BigDecimal maximum,
      @Nullable Set<Object> allowed) {

    FieldConstraints constraints(boolean required) {
      return new FieldConstraints(
          required,
          minLength,
          maxLength,
          pattern,
          minimum,
          maximum,
          allowed,
          items == null ? null : items.constraints(false));
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
    map.check(ConfigKeys.FIELD);
    String type = type(map);
    ValueType valueType = type == null ? null : valueType(map, type);
    map.text("title");
    map.text("description");
    ReadField items = map.isNull("items") ? null : items(name, map, type);
    if (type == null || valueType == null || (valueType == ValueType.ARRAY && items == null)) {
      return null;
    }
    return new ReadField(
        name,
        valueType,
        items,
        type.equals("number") && valueType == ValueType.DECIMAL,
        json(map, items),
        map.integer("minLength"),
        map.integer("maxLength"),
        pattern(map),
        number(map, "minimum"),
        number(map, "maximum"),
        allowed(map, valueType));
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
    if (types.size() > 1) {
      map.note("type", "not-available", "A field has one type.", "Choose one, beside null.");
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
                default -> null;
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
          ConfigKeys.FIELD.get(1).description());
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

  private static @Nullable Pattern pattern(YamlMap map) {
    String text = map.text("pattern");
    if (text == null) {
      return null;
    }
    try {
      return Pattern.compile(text);
    } catch (PatternSyntaxException wrong) {
      map.note(
          "pattern",
          "bad-pattern",
          "This is no regular expression: " + wrong.getDescription() + ".",
          "");
      return null;
    }
  }

  private static @Nullable BigDecimal number(YamlMap map, String key) {
    String text = map.text(key);
    if (text == null) {
      return null;
    }
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException notNumber) {
      map.note(key, "wrong-type", "'" + text + "' is not a number.", "Write a number.");
      return null;
    }
  }

  private static @Nullable Set<Object> allowed(YamlMap map, ValueType type) {
    if (map.isNull("enum")) {
      return null;
    }
    Set<Object> allowed = new HashSet<>();
    for (String text : map.texts("enum")) {
      switch (type) {
        case STRING -> allowed.add(text);
        case BOOLEAN -> allowed.add(Boolean.valueOf(text));
        case LONG, DECIMAL, DOUBLE -> {
          try {
            allowed.add(Validator.comparable(new BigDecimal(text)));
          } catch (NumberFormatException notNumber) {
            map.note("enum", "wrong-type", "'" + text + "' is not a number.", "Write numbers.");
          }
        }
        case BYTES, DATE, TIME, TIMESTAMP, UUID, JSON, ARRAY -> {
          map.note(
              "enum",
              "not-available",
              "enum is not available for this type.",
              "Use it with strings, numbers and booleans.");
          return null;
        }
      }
    }
    return allowed;
  }

  /** The schema as JSON text, for whoever asks the server what a field is. */
  private static String json(YamlMap map, @Nullable ReadField items) {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      for (String key : map.names()) {
        json.writeFieldName(key);
        if (items != null && key.equals("items")) {
          json.writeRawValue(items.jsonSchema());
        } else {
          write(json, map.node(key));
        }
      }
      json.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return out.toString();
  }

  /**
   * Writes a value, or a list of values. What is nested deeper is refused elsewhere, and is not
   * followed: by aliases it could lead to itself, or to more than fits in memory.
   */
  private static void write(JsonGenerator json, Node node) throws IOException {
    if (node instanceof SequenceNode sequence) {
      json.writeStartArray();
      for (Node element : sequence.getValue()) {
        writeScalar(json, element);
      }
      json.writeEndArray();
    } else {
      writeScalar(json, node);
    }
  }

  private static void writeScalar(JsonGenerator json, Node node) throws IOException {
    if (!(node instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL)) {
      json.writeNull();
      return;
    }
    String text = scalar.getValue();
    boolean raw =
        (scalar.getTag().equals(Tag.BOOL) && (text.equals("true") || text.equals("false")))
            || (scalar.getTag().equals(Tag.INT) && text.matches("-?(0|[1-9]\\d*)"))
            || (scalar.getTag().equals(Tag.FLOAT) && text.matches("-?(0|[1-9]\\d*)\\.\\d+"));
    if (raw) {
      json.writeRawValue(text);
    } else {
      json.writeString(text);
    }
  }
}
