package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.expression.TextExpression;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.engine.standardize.Step;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.engine.standardize.Steps;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * Reads steps by field: of an entity, of what is read from a member, of what is written to it. For
 * one thread.
 */
final class StepReader {
  private final Set<String> fields;
  private final Set<String> key;
  private final Map<String, ValueType> types = new HashMap<>();

  /**
   * @param fields all fields of the entity by name
   * @param key those of them that identify a record
   */
  StepReader(Set<String> fields, Set<String> key) {
    this.fields = fields;
    this.key = key;
  }

  /** Says of which type a field is; one of no known type is not asked for it. */
  void type(String field, ValueType type) {
    types.put(field, type);
  }

  /** The steps under a key of a mapping; those that are wrong are noted and left out. */
  Map<String, List<Step>> read(YamlMap map, String name) {
    Map<String, List<Step>> steps = new HashMap<>();
    YamlMap byField = map.optionalMap(name);
    for (String field : byField.names()) {
      checkField(byField, field);
      steps.put(field, steps(byField, field));
    }
    checkRegionFields(byField, steps);
    return Map.copyOf(steps);
  }

  private void checkField(YamlMap byField, String field) {
    ValueType type = types.get(field);
    if (!fields.contains(field)) {
      byField.note(
          byField.keyNode(field),
          field,
          "unknown-field",
          "There is no field '" + field + "'" + Nearest.question(field, fields),
          "Name a field of the schema.");
    } else if (key.contains(field)) {
      byField.note(
          field,
          "key-standardized",
          "'" + field + "' is the key: two records could become one.",
          "Standardize it in the source.");
    } else if (type != null && type != ValueType.STRING) {
      byField.note(
          field,
          "step-needs-text",
          "'" + field + "' is no text, and steps are for texts.",
          "Leave them out, or make it a field of type string.");
    }
  }

  private List<Step> steps(YamlMap byField, String field) {
    List<Step> steps = new ArrayList<>();
    List<Node> elements = byField.elements(field);
    for (int i = 0; i < elements.size(); i++) {
      if (elements.get(i) instanceof ScalarNode scalar && !YamlMap.isNull(scalar)) {
        kind(byField, scalar, field, scalar.getValue()).map(Steps::plain).ifPresent(steps::add);
      } else if (elements.get(i) instanceof MappingNode) {
        named(byField.element(field, i)).ifPresent(steps::add);
      } else {
        byField.note(elements.get(i), field, "wrong-type", "A list of steps is expected here.", "");
      }
    }
    return List.copyOf(steps);
  }

  private static Optional<StepKind> kind(YamlMap map, Node where, String key, String name) {
    List<String> words = new ArrayList<>();
    for (StepKind kind : StepKind.values()) {
      if (kind.word().equals(name)) {
        return Optional.of(kind);
      }
      words.add(kind.word());
    }
    words.add(StepKind.EXPRESSION.name());
    map.note(
        where,
        key,
        "unknown-step",
        "There is no step '" + name + "'" + Nearest.question(name, words),
        "Steps: " + String.join(", ", words) + ".");
    return Optional.empty();
  }

  /** A step with its options, as the only entry of a mapping. */
  private static Optional<Step> named(YamlMap entry) {
    if (entry.names().size() != 1) {
      entry.note(
          entry.node(""),
          null,
          "wrong-value",
          "One step with its options is expected here.",
          "Write each step as an element of its own.");
      return Optional.empty();
    }
    String name = entry.names().getFirst();
    if (name.equals(StepKind.EXPRESSION.name())) {
      return expression(entry, name);
    }
    Optional<StepKind> kind = kind(entry, entry.keyNode(name), name, name);
    if (kind.isEmpty()) {
      return Optional.empty();
    }
    YamlMap options = entry.optionalMap(name);
    options.check(kind.get().options());
    return Optional.of(step(kind.get(), options));
  }

  private static Optional<Step> expression(YamlMap entry, String key) {
    String text = entry.text(key, "");
    try {
      return Optional.of(Steps.expression(TextExpression.compile(text)));
    } catch (UnfitExpression unfit) {
      entry.note(
          key,
          "bad-expression",
          "This makes no text of a text: " + unfit.getMessage() + ".",
          "Write one in CEL, such as: value.replace('-', '')");
      return Optional.empty();
    }
  }

  private static Step step(StepKind kind, YamlMap options) {
    return switch (kind) {
      case NAME -> Steps.name(ConfigLocale.read(options, "locale", Locale.ROOT));
      case PHONE ->
          Steps.phone(
              one(options, "region", "country", Steps.phoneRegions()),
              options.text("region-field"));
      case POSTAL_CODE ->
          Steps.postalCode(
              one(options, "region", "country", Steps.postalRegions()),
              options.text("region-field"));
      case COUNTRY ->
          Steps.country(
              "alpha-3".equals(one(options, "form", "form", Set.of("alpha-2", "alpha-3"))));
      case NUMBER -> Steps.number(ConfigLocale.read(options, "locale", Locale.ENGLISH));
      case DATE ->
          Steps.date(formats(options), ConfigLocale.read(options, "locale", Locale.ENGLISH));
      case DATE_TIME ->
          Steps.dateTime(
              formats(options),
              ConfigLocale.read(options, "locale", Locale.ENGLISH),
              ConfigLocale.zone(options, "zone"));
      case URL -> Steps.url(one(options, "scheme", "scheme", Steps.schemes()));
      case BOOLEAN -> Steps.bool(options.texts("true-words"), options.texts("false-words"));
      case NULL_WORDS ->
          options.has("words") ? Steps.nullWords(options.texts("words")) : Steps.plain(kind);
      case TRIM,
          COLLAPSE_SPACES,
          UNICODE_NFC,
          LOWER_CASE,
          UPPER_CASE,
          TITLE_CASE,
          EMAIL,
          CURRENCY ->
          Steps.plain(kind);
    };
  }

  /** A value that is one of some; null where it is not there or is none of them. */
  private static @Nullable String one(
      YamlMap options, String key, String what, Collection<String> known) {
    String value = options.text(key);
    if (value == null || known.contains(value)) {
      return value;
    }
    String all = String.join(", ", new TreeSet<>(known));
    options.note(
        key,
        "wrong-value",
        "There is no " + what + " '" + value + "' here" + Nearest.question(value, known),
        known.size() > 10 ? "Use a code of ISO 3166 such as DE." : "Use one of " + all + ".");
    return null;
  }

  private static List<String> formats(YamlMap options) {
    List<String> formats = new ArrayList<>();
    for (String format : options.texts("formats")) {
      try {
        Steps.checkFormat(format);
        formats.add(format);
      } catch (IllegalArgumentException wrong) {
        options.note(
            "formats",
            "wrong-value",
            "'" + format + "' is no pattern of a date or time: " + wrong.getMessage() + ".",
            "Write it like dd.MM.yyyy or d. MMMM yyyy.");
      }
    }
    return formats;
  }

  /** A region that depends on a region would hang on the order in which fields are looked at. */
  private void checkRegionFields(YamlMap byField, Map<String, List<Step>> steps) {
    for (Map.Entry<String, List<Step>> each : steps.entrySet()) {
      for (Step step : each.getValue()) {
        String region = step.regionField();
        if (region == null) {
          continue;
        }
        boolean depends =
            steps.getOrDefault(region, List.of()).stream()
                .anyMatch(other -> other.regionField() != null);
        if (!fields.contains(region)) {
          byField.note(
              each.getKey(),
              "unknown-field",
              "There is no field '" + region + "'" + Nearest.question(region, fields),
              "Name a field of the schema as region-field.");
        } else if (depends) {
          byField.note(
              each.getKey(),
              "wrong-value",
              "'" + region + "' has a region-field itself.",
              "Name a field that holds a country.");
        }
      }
    }
  }
}
