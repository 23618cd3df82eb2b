package dev.unisono.engine.standardize;

import java.util.Locale;
import java.util.Set;

/**
 * {@code true} or {@code false} from words for yes and no. Immutable; safe for threads.
 *
 * @param yes more words that mean true, in small letters
 * @param no more words that mean false, in small letters
 */
record BooleanStep(Set<String> yes, Set<String> no) implements Step {
  private static final Set<String> YES =
      Set.of(
          "true",
          "t",
          "1",
          "yes",
          "y",
          "on",
          "ja",
          "j",
          "wahr",
          "oui",
          "vrai",
          "si",
          "sí",
          "sì",
          "verdadero",
          "vero",
          "sim",
          "verdadeiro",
          "tak",
          "prawda",
          "ano",
          "áno",
          "igen",
          "da",
          "evet",
          "kyllä",
          "jah",
          "jā",
          "taip",
          "ναι",
          "да",
          "так",
          "はい",
          "是",
          "예",
          "네",
          "sant",
          "sand",
          "waar",
          "נכון",
          "כן",
          "نعم",
          "हाँ",
          "có",
          "ya");
  private static final Set<String> NO =
      Set.of(
          "false", "f", "0", "no", "n", "off", "nein", "falsch", "non", "faux", "falso", "não",
          "nao", "nie", "fałsz", "ne", "nem", "nu", "hayır", "hayir", "ei", "nē", "όχι", "нет",
          "ні", "не", "いいえ", "否", "아니요", "아니오", "nej", "nei", "nee", "falskt", "falsk", "onwaar",
          "לא", "لا", "नहीं", "không", "tidak");

  BooleanStep {
    yes = Set.copyOf(yes);
    no = Set.copyOf(no);
  }

  @Override
  public String apply(String text) {
    String word = word(text);
    if (word.equals("true") || word.equals("false")) {
      return word;
    }
    if (yes.contains(word)) {
      return "true";
    }
    if (no.contains(word)) {
      return "false";
    }
    return YES.contains(word) ? "true" : NO.contains(word) ? "false" : text;
  }

  static String word(String text) {
    return Spaces.trimmed(text).toLowerCase(Locale.ROOT);
  }
}
