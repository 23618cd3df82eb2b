package dev.unisono.engine.match;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A text as it is compared with others: words of letters and digits, whatever their case, accents
 * and what stands between them. Letters that people write as two (ü as ue) are two. Has no state.
 */
final class FoldedText {
  /** More than these are never needed to tell two records apart. */
  private static final int MOST_WORDS = 32;

  /** The same: how alike two texts are takes the product of their lengths to find out. */
  private static final int MOST_LETTERS = 1_000;

  private static final Pattern MARKS = Pattern.compile("\\p{M}+");
  private static final Pattern APOSTROPHES = Pattern.compile("['’ʼ`´]");
  private static final Pattern BETWEEN = Pattern.compile("[^\\p{L}\\p{Nd}]+");

  /** Letters of which no mark can be taken, and those that are written out otherwise. */
  private static final Map<Character, String> WRITTEN_OUT =
      Map.ofEntries(
          Map.entry('ä', "ae"),
          Map.entry('ö', "oe"),
          Map.entry('ü', "ue"),
          Map.entry('ß', "ss"),
          Map.entry('æ', "ae"),
          Map.entry('œ', "oe"),
          Map.entry('ø', "oe"),
          Map.entry('å', "aa"),
          Map.entry('ł', "l"),
          Map.entry('đ', "d"),
          Map.entry('ð', "d"),
          Map.entry('þ', "th"),
          Map.entry('ı', "i"));

  private FoldedText() {}

  /** The words of a text, in their order. */
  static List<String> words(String text) {
    String looked = text.length() > MOST_LETTERS ? text.substring(0, MOST_LETTERS) : text;
    String small = Normalizer.normalize(looked, Normalizer.Form.NFC).toLowerCase(Locale.ROOT);
    StringBuilder written = new StringBuilder(small.length() + 8);
    for (int i = 0; i < small.length(); i++) {
      char letter = small.charAt(i);
      String out = letter < 0x80 ? null : WRITTEN_OUT.get(letter);
      if (out == null) {
        written.append(letter);
      } else {
        written.append(out);
      }
    }
    String plain =
        MARKS.matcher(Normalizer.normalize(written, Normalizer.Form.NFKD)).replaceAll("");
    List<String> words = new ArrayList<>();
    for (String word : BETWEEN.split(APOSTROPHES.matcher(plain).replaceAll(""), MOST_WORDS + 2)) {
      if (!word.isEmpty() && words.size() < MOST_WORDS) {
        words.add(word);
      }
    }
    return words;
  }
}
