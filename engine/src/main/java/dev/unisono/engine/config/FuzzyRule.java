package dev.unisono.engine.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How rows of different members are found to be one record though they are not equal. Immutable.
 *
 * @param block candidates are records that have one of these in common with the row
 * @param compare what of them is compared
 * @param link from this score on both are the same record
 * @param review from this score on a person is asked
 * @param present the share of the weights whose fields must have values on both sides
 * @param blockLimit so many records of one block are compared with a row
 */
public record FuzzyRule(
    List<BlockKey> block,
    List<Comparison> compare,
    double link,
    double review,
    double present,
    int blockLimit) {
  public FuzzyRule {
    block = List.copyOf(block);
    compare = List.copyOf(compare);
  }

  /** What records of a block have in common. */
  public enum BlockKind {
    EXACT,
    PREFIX,
    PHONETIC,
    DIGITS,
    DOMAIN;

    /** Its name in the config. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    boolean hasLength() {
      return this == PREFIX || this == DIGITS;
    }

    static Optional<BlockKind> of(String word) {
      return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findAny();
    }
  }

  /** How two texts are compared. */
  public enum Likeness {
    EXACT,
    JARO_WINKLER,
    LEVENSHTEIN,
    WORDS,
    PHONETIC;

    /** Its name in the config. */
    public String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Likeness> of(String word) {
      return Arrays.stream(values()).filter(kind -> kind.word().equals(word)).findAny();
    }
  }

  /**
   * One kind of blocks. Immutable.
   *
   * @param length how many letters or digits; 0 where the kind has none
   */
  public record BlockKey(List<String> fields, BlockKind by, int length) {
    public BlockKey {
      fields = List.copyOf(fields);
    }
  }

  /** One comparison; the texts of several fields are taken together. Immutable. */
  public record Comparison(List<String> fields, Likeness by, double weight) {
    public Comparison {
      fields = List.copyOf(fields);
    }
  }
}
