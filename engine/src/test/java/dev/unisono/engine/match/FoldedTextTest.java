package dev.unisono.engine.match;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.engine.config.FuzzyRule.Likeness;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FoldedTextTest {
  @Test
  void foldsCaseAccentsAndWhatStandsBetween() {
    assertEquals(List.of("mueller", "obrien"), FoldedText.words(" MÜLLER,  O'Brien-"));
  }

  /** A text of a million letters would take a day to be compared with another one. */
  @ParameterizedTest
  @EnumSource(Likeness.class)
  void comparesTextsOfAnyLengthByTheirBeginnings(Likeness by) {
    List<String> one = FoldedText.words("ab".repeat(1_000_000));
    List<String> other = FoldedText.words("ab".repeat(1_000_001));
    assertEquals(1, Similarity.of(by, one, other));
  }
}
