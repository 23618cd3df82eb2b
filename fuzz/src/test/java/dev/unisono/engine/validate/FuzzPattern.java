package dev.unisono.engine.validate;

import dev.unisono.fuzz.Seeds;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/** A regular expression of a schema, and the text it is asked of behind the first line end. */
public final class FuzzPattern {
  private FuzzPattern() {}

  public static List<byte[]> seeds() {
    return Seeds.of(
        "^[a-z]+$\nabc",
        "(a+)+$\naaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
        "\\p{L}(?=x)|[^\\d\\-]{2,5}?\nÄx",
        "(?<n>a)\\k<n>\naa");
  }

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Seeds.text(input);
    int end = Math.max(0, text.indexOf('\n'));
    try {
      TextPattern.compile(text.substring(0, end)).holds(text.substring(end));
    } catch (PatternSyntaxException refused) {
      // As it should be.
    }
  }
}
