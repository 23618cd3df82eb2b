package dev.unisono.engine.match;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How alike two records are by one rule, and how that came about. Immutable.
 *
 * @param total the similarities of the comparisons that took part, by their weights: 0 to 1
 * @param parts of each comparison of the rule, in its order
 */
public record MatchScore(double total, List<Part> parts) {
  public MatchScore {
    parts = List.copyOf(parts);
  }

  /**
   * Of one comparison. Immutable.
   *
   * @param fields what it compares: the texts of several are taken together
   * @param by how, by its name in the config
   * @param one the first record's text; null where it has none
   * @param other the second record's
   * @param similarity 0 to 1; null where one of them has none, so that it took no part
   */
  public record Part(
      List<String> fields,
      String by,
      double weight,
      @Nullable String one,
      @Nullable String other,
      @Nullable Double similarity) {
    public Part {
      fields = List.copyOf(fields);
    }
  }
}
