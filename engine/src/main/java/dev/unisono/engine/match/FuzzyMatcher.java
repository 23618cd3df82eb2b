package dev.unisono.engine.match;

import dev.unisono.engine.config.FuzzyRule;
import dev.unisono.engine.config.FuzzyRule.BlockKey;
import dev.unisono.engine.config.FuzzyRule.Comparison;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A fuzzy rule for the rows of one schema. Immutable; safe for threads. */
public final class FuzzyMatcher {
  /**
   * A group of records among which candidates are looked for. Immutable.
   *
   * @param rule how the value was made: equal for equal keys of blocks, of whatever rule
   */
  public record Block(String rule, String value) {}

  private final FuzzyRule rule;
  private final Schema schema;

  public FuzzyMatcher(FuzzyRule rule, Schema schema) {
    this.rule = rule;
    this.schema = schema;
  }

  public FuzzyRule rule() {
    return rule;
  }

  /** The blocks that a row is in, in the order of the rule. */
  public Set<Block> blocks(Row row) {
    Set<Block> blocks = new LinkedHashSet<>();
    for (BlockKey key : rule.block()) {
      String name = "~" + key.by().word() + key.length() + "\n" + String.join("\n", key.fields());
      for (String value : values(key, row)) {
        blocks.add(new Block(name, value));
      }
    }
    return blocks;
  }

  private Set<String> values(BlockKey key, Row row) {
    return switch (key.by()) {
      case EXACT -> parts(key, row, Integer.MAX_VALUE);
      case PREFIX -> parts(key, row, key.length());
      case PHONETIC -> {
        Set<String> codes = new LinkedHashSet<>();
        for (String word : FoldedText.words(text(key.fields(), row))) {
          codes.addAll(Phonetics.codes(word));
        }
        yield codes;
      }
      case DIGITS -> {
        String digits = text(key.fields(), row).replaceAll("[^0-9]", "");
        yield digits.length() < key.length()
            ? Set.of()
            : Set.of(digits.substring(digits.length() - key.length()));
      }
      case DOMAIN -> {
        String address = text(key.fields(), row).strip().toLowerCase(Locale.ROOT);
        int at = address.lastIndexOf('@');
        yield at < 0 || at == address.length() - 1 ? Set.of() : Set.of(address.substring(at + 1));
      }
    };
  }

  /** The beginnings of all of the fields together; nothing where one of them is empty. */
  private Set<String> parts(BlockKey key, Row row, int letters) {
    List<String> parts = new ArrayList<>();
    for (String field : key.fields()) {
      String whole = String.join("", FoldedText.words(text(List.of(field), row)));
      if (whole.isEmpty()) {
        return Set.of();
      }
      int end = Math.min(letters, whole.codePointCount(0, whole.length()));
      parts.add(whole.substring(0, whole.offsetByCodePoints(0, end)));
    }
    return Set.of(String.join("\n", parts));
  }

  /**
   * How alike two rows are; null where too little of what is compared is there on both sides to say
   * so.
   */
  public @Nullable MatchScore score(Row one, Row other) {
    List<MatchScore.Part> parts = new ArrayList<>();
    double present = 0;
    double sum = 0;
    double all = 0;
    for (Comparison comparison : rule.compare()) {
      String left = text(comparison.fields(), one);
      String right = text(comparison.fields(), other);
      List<String> words = FoldedText.words(left);
      List<String> wordsThere = FoldedText.words(right);
      Double similarity = null;
      all += comparison.weight();
      if (!words.isEmpty() && !wordsThere.isEmpty()) {
        similarity = rounded(Similarity.of(comparison.by(), words, wordsThere));
        present += comparison.weight();
        sum += comparison.weight() * similarity;
      }
      parts.add(
          new MatchScore.Part(
              comparison.fields(),
              comparison.by().word(),
              comparison.weight(),
              words.isEmpty() ? null : left,
              wordsThere.isEmpty() ? null : right,
              similarity));
    }
    return present == 0 || present < rule.present() * all
        ? null
        : new MatchScore(rounded(sum / present), parts);
  }

  /** As it is shown to people, so that what they see is what decides. */
  private static double rounded(double similarity) {
    return Math.round(similarity * 10_000) / 10_000.0;
  }

  private String text(List<String> fields, Row row) {
    StringBuilder text = new StringBuilder();
    for (String field : fields) {
      Object value = row.value(Objects.requireNonNull(schema.find(field)));
      if (value != null && value != Unchanged.UNCHANGED) {
        text.append(text.isEmpty() ? "" : " ");
        text.append(
            value instanceof BigDecimal number
                ? number.stripTrailingZeros().toPlainString()
                : EntityJson.text(value));
      }
    }
    return text.toString();
  }
}
