package dev.unisono.engine.match;

import dev.unisono.engine.config.FuzzyRule.Likeness;
import dev.unisono.fuzz.Seeds;
import java.util.List;

/** Two texts that are compared, the second behind the first line end: alike both ways round. */
public final class FuzzLikeness {
  private FuzzLikeness() {}

  public static List<byte[]> seeds() {
    return Seeds.of("Müller, J.\nJ Mueller", "Ann\nAnne-Marie", "Łukasz\nŁ", "東京\n東", "-\nx");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    int end = Math.max(0, text.indexOf('\n'));
    List<String> one = FoldedText.words(text.substring(0, end));
    List<String> other = FoldedText.words(text.substring(end));
    if (one.isEmpty() || other.isEmpty()) {
      return; // What says nothing is compared with nothing.
    }
    for (Likeness by : Likeness.values()) {
      double similarity = Similarity.of(by, one, other);
      if (!(similarity >= 0 && similarity <= 1 + 1e-9)
          || Math.abs(similarity - Similarity.of(by, other, one)) > 1e-9) {
        throw new AssertionError(by + " of " + one + " and " + other + ": " + similarity);
      }
    }
    one.forEach(Phonetics::codes);
  }
}
