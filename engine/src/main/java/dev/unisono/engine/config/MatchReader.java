package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.FuzzyRule.BlockKey;
import dev.unisono.engine.config.FuzzyRule.BlockKind;
import dev.unisono.engine.config.FuzzyRule.Comparison;
import dev.unisono.engine.config.FuzzyRule.Likeness;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the match rules of an entity. For one thread. */
final class MatchReader {
  private static final double MOST_WEIGHT = 1_000;
  private static final int MOST_LENGTH = 100;
  private static final int MOST_CANDIDATES = 10_000;

  private final Schema schema;
  private final Set<String> names = new LinkedHashSet<>();

  MatchReader(Schema schema) {
    this.schema = schema;
    schema.fields().forEach(field -> names.add(field.name()));
  }

  MatchRules read(YamlMap entity) {
    List<List<String>> exact = new ArrayList<>();
    List<FuzzyRule> fuzzy = new ArrayList<>();
    for (YamlMap rule : entity.maps("match")) {
      rule.check(ConfigKeys.MATCH);
      if (rule.isNull("exact") == rule.isNull("fuzzy")) {
        rule.note(
            rule.node(),
            null,
            "wrong-value",
            "A match rule is either exact or fuzzy.",
            "Write one of them; a second rule is an element of its own.");
      } else if (rule.isNull("exact")) {
        FuzzyRule read = fuzzy(rule.map("fuzzy"));
        if (read != null) {
          fuzzy.add(read);
        }
      } else {
        List<String> fields = named(rule, "exact");
        if (!fields.isEmpty()) {
          exact.add(fields);
        }
      }
    }
    return new MatchRules(exact, fuzzy);
  }

  private @Nullable FuzzyRule fuzzy(YamlMap map) {
    map.check(ConfigKeys.FUZZY);
    List<BlockKey> block = new ArrayList<>();
    for (YamlMap each : map.maps("block")) {
      BlockKey key = block(each);
      if (key != null) {
        block.add(key);
      }
    }
    List<Comparison> compare = new ArrayList<>();
    for (YamlMap each : map.maps("compare")) {
      Comparison comparison = comparison(each);
      if (comparison != null) {
        compare.add(comparison);
      }
    }
    double link = share(map, ConfigKeys.LINK);
    double review = share(map, ConfigKeys.REVIEW);
    if (review > link) {
      map.note(
          "review",
          "wrong-value",
          "Where a person is asked begins above where records are linked.",
          "Give review a lower score than link, or the same where nobody is to be asked.");
    }
    if (block.isEmpty() || compare.isEmpty()) {
      return null;
    }
    return new FuzzyRule(
        block,
        compare,
        link,
        review,
        share(map, ConfigKeys.PRESENT),
        map.inRange(ConfigKeys.BLOCK_LIMIT, 1, MOST_CANDIDATES));
  }

  private @Nullable BlockKey block(YamlMap map) {
    map.check(ConfigKeys.BLOCK);
    List<String> fields = texts(map);
    String word = map.text("by", BlockKind.EXACT.word());
    Optional<BlockKind> by = BlockKind.of(word);
    if (by.isEmpty()) {
      unknown(map, word, Arrays.stream(BlockKind.values()).map(BlockKind::word).toList());
      return null;
    }
    Integer length = map.integer("length");
    if (by.get().hasLength() != (length != null)) {
      map.note(
          length == null ? map.node() : map.node("length"),
          "length",
          length == null ? "missing-key" : "wrong-value",
          length == null
              ? "'length' is missing: how many letters or digits " + word + " looks at."
              : word + " has no length.",
          "Write length beside prefix and digits alone.");
      return null;
    }
    if (length != null && (length < 1 || length > MOST_LENGTH)) {
      map.note(
          "length",
          "out-of-range",
          "length is not from 1 to " + MOST_LENGTH + ".",
          "Choose one in that range, such as 4.");
    }
    return fields.isEmpty() ? null : new BlockKey(fields, by.get(), length == null ? 0 : length);
  }

  private @Nullable Comparison comparison(YamlMap map) {
    map.check(ConfigKeys.COMPARE);
    List<String> fields = texts(map);
    String word = map.text("by", Likeness.JARO_WINKLER.word());
    Optional<Likeness> by = Likeness.of(word);
    if (by.isEmpty()) {
      unknown(map, word, Arrays.stream(Likeness.values()).map(Likeness::word).toList());
    }
    double weight = map.decimal(ConfigKeys.WEIGHT, 0, MOST_WEIGHT);
    return fields.isEmpty() || by.isEmpty() ? null : new Comparison(fields, by.get(), weight);
  }

  private static void unknown(YamlMap map, String word, List<String> known) {
    map.note(
        "by",
        "wrong-value",
        "There is no '" + word + "' here" + Nearest.question(word, known),
        "Write one of " + String.join(", ", known) + ".");
  }

  private static double share(YamlMap map, ConfigKeys.ConfigKey key) {
    return map.decimal(key, 0, 1);
  }

  /** The fields of one key or comparison, all of which have a text. */
  private List<String> texts(YamlMap map) {
    List<String> fields = named(map, "field");
    for (String field : fields) {
      ValueType type = schema.field(Objects.requireNonNull(schema.find(field))).type();
      if (type == ValueType.JSON || type == ValueType.ARRAY || type == ValueType.BYTES) {
        map.note(
            "field",
            "wrong-value",
            "'" + field + "' is no text, number or date, which alone are compared.",
            "Name another field.");
      }
    }
    return fields;
  }

  /** A list of fields that exist, none of which is the key. */
  private List<String> named(YamlMap map, String key) {
    List<String> fields = EntityReader.named(map, key, names);
    for (String field : fields) {
      if (schema.isKey(Objects.requireNonNull(schema.find(field)))) {
        map.note(
            key,
            "wrong-value",
            "'"
                + field
                + "' is the key, which each member has its own of where records are matched.",
            "Name other fields; where the key is the same in all members, no rule is needed.");
      }
    }
    return List.copyOf(fields);
  }
}
