package dev.unisono.engine.assess;

import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a config should say of one field. Immutable.
 *
 * @param items for an array the type of its elements; else null
 * @param schema the keywords of its schema, each with its value as JSON
 * @param required true where the system refuses null
 * @param steps to standardize it, each as it is written in YAML
 * @param reasons one for each thing that does not follow from the column's type
 */
public record SuggestedField(
    String name,
    ValueType type,
    @Nullable ValueType items,
    Map<String, String> schema,
    boolean required,
    List<String> steps,
    List<String> reasons) {
  public SuggestedField {
    schema = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(schema));
    steps = List.copyOf(steps);
    reasons = List.copyOf(reasons);
  }

  Field field() {
    return new Field(name, type, items, required);
  }

  /** The keywords that give a field its type, each with its value as JSON. */
  public static Map<String, String> typed(ValueType type, @Nullable ValueType items) {
    Map<String, String> keywords = new LinkedHashMap<>();
    keywords.put(
        "type",
        Written.quoted(
            switch (type) {
              case BOOLEAN -> "boolean";
              case LONG -> "integer";
              case DECIMAL, DOUBLE -> "number";
              case STRING, BYTES, DATE, TIME, TIMESTAMP, UUID -> "string";
              case JSON -> "object";
              case ARRAY -> "array";
            }));
    switch (type) {
      case DOUBLE -> keywords.put("format", Written.quoted("double"));
      case BYTES -> keywords.put("contentEncoding", Written.quoted("base64"));
      case DATE -> keywords.put("format", Written.quoted("date"));
      case TIME -> keywords.put("format", Written.quoted("time"));
      case TIMESTAMP -> keywords.put("format", Written.quoted("date-time"));
      case UUID -> keywords.put("format", Written.quoted("uuid"));
      case ARRAY -> {
        List<String> inner = new ArrayList<>();
        typed(items == null ? ValueType.STRING : items, null)
            .forEach((word, value) -> inner.add(Written.quoted(word) + ": " + value));
        keywords.put("items", "{ " + String.join(", ", inner) + " }");
      }
      case BOOLEAN, LONG, DECIMAL, STRING, JSON -> {
        // Said by the type alone.
      }
    }
    return keywords;
  }
}
