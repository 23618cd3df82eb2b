package dev.unisono.engine.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.unisono.engine.validate.Allowed;
import dev.unisono.engine.validate.ArrayCheck;
import dev.unisono.engine.validate.MultipleOf;
import dev.unisono.engine.validate.NumberBound;
import dev.unisono.engine.validate.Numbers;
import dev.unisono.engine.validate.TextFormat;
import dev.unisono.engine.validate.TextLength;
import dev.unisono.engine.validate.TextPattern;
import dev.unisono.engine.validate.ValueCheck;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Compiles the common keywords of one field's schema, and says what is left of it. Of single values
 * each keyword stands for itself; of arrays and documents some depend on others, and all of them
 * are left where one is not common. Has no state.
 */
final class FieldChecks {
  private static final Set<String> ANNOTATIONS =
      Set.of(
          "title",
          "description",
          "default",
          "examples",
          "deprecated",
          "readOnly",
          "writeOnly",
          "$comment",
          "$defs",
          "contentMediaType",
          "contentSchema");

  private static final Set<String> NUMBER =
      Set.of("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf");

  private static final Set<String> TEXT = Set.of("minLength", "maxLength", "pattern");
  private static final Set<String> ARRAY = Set.of("items", "minItems", "maxItems", "uniqueItems");

  private FieldChecks() {}

  /**
   * What became of a field's keywords.
   *
   * @param rest the schema of those that are not compiled; null where all are
   */
  record Compiled(List<ValueCheck> checks, @Nullable ObjectNode rest) {}

  static Compiled of(
      YamlMap map, ValueType type, FieldReader.@Nullable ReadField items, ObjectNode tree) {
    ObjectNode rest = tree.deepCopy();
    rest.remove(ANNOTATIONS);
    if (type == ValueType.JSON) {
      // A column of documents may hold any, unless the schema says more than its type.
      boolean any = rest.size() == 1 && (rest.path("type").isTextual() || onlyOne(rest));
      return new Compiled(List.of(), any ? null : rest);
    }
    rest.remove(List.of("type", "format", "contentEncoding"));
    List<ValueCheck> checks = new ArrayList<>();
    switch (type) {
      case STRING -> {
        text(map, checks);
        TextFormat.of(map.text("format", "")).ifPresent(checks::add);
        allowed(map, type, checks);
        rest.remove(TEXT);
        rest.remove(NUMBER);
        rest.remove(List.of("enum", "const"));
      }
      case LONG, DECIMAL, DOUBLE -> {
        numbers(map, checks);
        allowed(map, type, checks);
        rest.remove(NUMBER);
        rest.remove(List.of("enum", "const"));
        if (!tree.path("type").asText().equals("string")) {
          rest.remove(TEXT);
        }
      }
      case BOOLEAN -> {
        allowed(map, type, checks);
        rest.remove(TEXT);
        rest.remove(NUMBER);
        rest.remove(List.of("enum", "const"));
      }
      case ARRAY -> {
        return array(map, items, rest);
      }
      case BYTES, DATE, TIME, TIMESTAMP, UUID, JSON -> {
        // What is said of their text is asked of the JSON that they are.
      }
    }
    return new Compiled(checks, rest.isEmpty() ? null : rest);
  }

  private static boolean onlyOne(ObjectNode rest) {
    int types = 0;
    for (JsonNode type : rest.path("type")) {
      types += type.asText().equals("null") ? 0 : 1;
    }
    return types == 1;
  }

  private static Compiled array(
      YamlMap map, FieldReader.@Nullable ReadField items, ObjectNode rest) {
    ObjectNode others = rest.deepCopy();
    others.remove(ARRAY);
    if (items == null || items.checks().rest() != null || !others.isEmpty()) {
      if (rest.get("items") instanceof ObjectNode ofItems) {
        // The types of the elements are ours already, and so is how they are written.
        ofItems.remove(List.of("type", "contentEncoding"));
        if (TextFormat.of(ofItems.path("format").asText()).isEmpty()) {
          ofItems.remove("format");
        }
      }
      return new Compiled(List.of(), rest);
    }
    Integer least = map.integer("minItems");
    Integer most = map.integer("maxItems");
    boolean unique = map.flag("uniqueItems", false);
    List<ValueCheck> ofItems = items.checks().checks();
    if (least == null && most == null && !unique && ofItems.isEmpty()) {
      return new Compiled(List.of(), null);
    }
    return new Compiled(
        List.of(
            new ArrayCheck(
                least == null ? 0 : least,
                most == null ? Integer.MAX_VALUE : most,
                unique,
                ofItems)),
        null);
  }

  private static void text(YamlMap map, List<ValueCheck> checks) {
    Integer least = map.integer("minLength");
    Integer most = map.integer("maxLength");
    if (least != null || most != null) {
      checks.add(
          new TextLength(least == null ? 0 : least, most == null ? Integer.MAX_VALUE : most));
    }
    String pattern = map.text("pattern");
    if (pattern == null) {
      return;
    }
    try {
      checks.add(TextPattern.compile(pattern));
    } catch (PatternSyntaxException wrong) {
      map.note(
          "pattern",
          "bad-pattern",
          "This is no regular expression: " + wrong.getDescription() + ".",
          "");
    }
  }

  private static void numbers(YamlMap map, List<ValueCheck> checks) {
    bound(map, "minimum", false, true, checks);
    bound(map, "maximum", true, true, checks);
    bound(map, "exclusiveMinimum", false, false, checks);
    bound(map, "exclusiveMaximum", true, false, checks);
    BigDecimal divisor = number(map, "multipleOf");
    if (divisor != null && divisor.signum() <= 0) {
      map.note("multipleOf", "out-of-range", "multipleOf is not above 0.", "Choose one above 0.");
    } else if (divisor != null) {
      checks.add(new MultipleOf(divisor));
    }
  }

  private static void bound(
      YamlMap map, String key, boolean upper, boolean inclusive, List<ValueCheck> checks) {
    BigDecimal bound = number(map, key);
    if (bound != null) {
      checks.add(new NumberBound(bound, upper, inclusive));
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

  private static void allowed(YamlMap map, ValueType type, List<ValueCheck> checks) {
    for (String key : List.of("enum", "const")) {
      if (!map.isNull(key)) {
        Set<Object> values = new HashSet<>();
        for (Node element : map.elements(key)) {
          if (!YamlMap.isNull(element)) {
            add(map, key, element, type, values);
          }
        }
        checks.add(new Allowed(values));
      }
    }
  }

  private static void add(
      YamlMap map, String key, Node element, ValueType type, Set<Object> values) {
    if (!(element instanceof ScalarNode scalar)) {
      map.note(
          element,
          key,
          "wrong-type",
          "A field of single values cannot be an array or an object.",
          "Write single values.");
      return;
    }
    String text = scalar.getValue();
    switch (type) {
      case STRING -> values.add(text);
      case BOOLEAN -> values.add(Boolean.valueOf(text));
      default -> {
        try {
          values.add(Numbers.comparable(new BigDecimal(text)));
        } catch (NumberFormatException notNumber) {
          map.note(key, "wrong-type", "'" + text + "' is not a number.", "Write numbers.");
        }
      }
    }
  }
}
