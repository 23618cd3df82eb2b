package dev.unisono.engine.match;

import dev.unisono.engine.config.FuzzyRule.Likeness;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.text.similarity.JaroWinklerSimilarity;
import org.apache.commons.text.similarity.LevenshteinDistance;

/**
 * How alike two texts are that both have words: 0 is not at all, 1 is equal. Symmetric. Has no
 * state.
 */
final class Similarity {
  /** Words that are less alike are not taken for the same word. */
  private static final double SAME_WORD = 0.8;

  /** What an initial is to a name that begins with it. */
  private static final double INITIAL = 0.9;

  private static final JaroWinklerSimilarity JARO_WINKLER = new JaroWinklerSimilarity();
  private static final LevenshteinDistance LEVENSHTEIN = LevenshteinDistance.getDefaultInstance();

  /** Two words and how alike they are. Immutable. */
  private record Couple(int one, int other, double similarity) {}

  private Similarity() {}

  static double of(Likeness by, List<String> one, List<String> other) {
    String left = String.join(" ", one);
    String right = String.join(" ", other);
    return switch (by) {
      case EXACT -> left.equals(right) ? 1 : 0;
      case JARO_WINKLER -> jaroWinkler(left, right);
      case LEVENSHTEIN ->
          1 - (double) LEVENSHTEIN.apply(left, right) / Math.max(left.length(), right.length());
      case WORDS -> words(one, other);
      case PHONETIC -> sound(one, other);
    };
  }

  /** The library's looks from the shorter text, and of two equally long ones from the first. */
  private static double jaroWinkler(String left, String right) {
    return left.compareTo(right) <= 0
        ? JARO_WINKLER.apply(left, right)
        : JARO_WINKLER.apply(right, left);
  }

  /**
   * The share of the words that have one that is like them on the other side, in whatever order,
   * each weighed by how alike both are (Dice's coefficient with words that are nearly equal).
   */
  private static double words(List<String> one, List<String> other) {
    List<Couple> couples = new ArrayList<>();
    for (int i = 0; i < one.size(); i++) {
      for (int j = 0; j < other.size(); j++) {
        double similarity = word(one.get(i), other.get(j));
        if (similarity >= SAME_WORD) {
          couples.add(new Couple(i, j, similarity));
        }
      }
    }
    // Stable: of couples that are equally alike the first words come first.
    couples.sort((left, right) -> Double.compare(right.similarity(), left.similarity()));
    boolean[] taken = new boolean[one.size()];
    boolean[] takenThere = new boolean[other.size()];
    double sum = 0;
    for (Couple couple : couples) {
      if (!taken[couple.one()] && !takenThere[couple.other()]) {
        taken[couple.one()] = true;
        takenThere[couple.other()] = true;
        sum += couple.similarity();
      }
    }
    return 2 * sum / (one.size() + other.size());
  }

  private static double word(String one, String other) {
    if (one.equals(other)) {
      return 1;
    }
    boolean initial = one.length() == 1 || other.length() == 1;
    return initial && one.charAt(0) == other.charAt(0) ? INITIAL : jaroWinkler(one, other);
  }

  /** The share of the words that sound like the one at their place on the other side. */
  private static double sound(List<String> one, List<String> other) {
    int alike = 0;
    for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
      alike += Phonetics.alike(one.get(i), other.get(i)) ? 1 : 0;
    }
    return (double) alike / Math.max(one.size(), other.size());
  }
}
