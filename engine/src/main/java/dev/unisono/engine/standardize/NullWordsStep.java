package dev.unisono.engine.standardize;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * No value where a text only says that there is none. Immutable; safe for threads.
 *
 * @param words which texts say so, in small letters
 */
record NullWordsStep(Set<String> words) implements Step {
  /** {@code na} is none of them: it is the code of a country, and a name. */
  static final Set<String> KNOWN =
      Set.of(
          "",
          "null",
          "(null)",
          "nil",
          "none",
          "n/a",
          "#n/a",
          "n.a.",
          "not available",
          "-",
          "--",
          "—",
          "–",
          "?",
          "undefined",
          "nan",
          "k.a.",
          "k. a.",
          "keine angabe",
          "n/d",
          "s/o",
          "n.v.t.",
          "nvt",
          "b.d.",
          "无",
          "なし",
          "없음",
          "нет данных");

  NullWordsStep {
    words = Set.copyOf(words);
  }

  @Override
  public @Nullable String apply(String text) {
    return words.contains(BooleanStep.word(text)) ? null : text;
  }
}
