package dev.unisono.engine.standardize;

import java.time.DateTimeException;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A way in which people write dates and times: a pattern of letters as Java's {@code
 * DateTimeFormatter} has them. Of a year of two digits, 69 to 99 are of the last century.
 * Immutable; safe for threads; equal to another of the same pattern and locale.
 */
final class WrittenTime {
  private static final Pattern SHORT_YEAR = Pattern.compile("(?<![yu])[yu]{2}(?![yu])");
  private static final Pattern QUOTED = Pattern.compile("'[^']*'");
  private static final int MOST_LETTERS = 100;

  private final String pattern;
  private final Locale locale;
  private final DateTimeFormatter formatter;
  private final boolean shortYear;

  /**
   * @throws IllegalArgumentException where the pattern is none
   */
  WrittenTime(String pattern, Locale locale) {
    this.pattern = pattern;
    this.locale = locale;
    this.shortYear = SHORT_YEAR.matcher(QUOTED.matcher(pattern).replaceAll("''")).find();
    this.formatter = formatter(pattern, locale);
  }

  /**
   * Of what is read nothing is made good: the 31st of June is no day.
   *
   * @throws IllegalArgumentException where the pattern is none
   */
  static DateTimeFormatter formatter(String pattern, Locale locale) {
    return new DateTimeFormatterBuilder()
        .parseCaseInsensitive()
        .appendPattern(yearsWithoutEra(pattern))
        .toFormatter(locale)
        .withResolverStyle(ResolverStyle.STRICT);
  }

  /** Without an era, a strict reader knows only the letter that counts years through. */
  private static String yearsWithoutEra(String pattern) {
    StringBuilder out = new StringBuilder(pattern.length());
    boolean quoted = false;
    for (int i = 0; i < pattern.length(); i++) {
      char letter = pattern.charAt(i);
      quoted ^= letter == '\'';
      out.append(!quoted && letter == 'y' && pattern.indexOf('G') < 0 ? 'u' : letter);
    }
    return out.toString();
  }

  @Nullable TemporalAccessor read(String text) {
    if (text.length() > MOST_LETTERS) {
      return null;
    }
    try {
      return formatter.parse(text);
    } catch (DateTimeException other) {
      return null;
    }
  }

  /** By how many years what was read is too late. */
  int yearsTooMany(TemporalAccessor read) {
    return shortYear && read.isSupported(ChronoField.YEAR) && read.get(ChronoField.YEAR) >= 2069
        ? 100
        : 0;
  }

  static List<WrittenTime> all(List<String> patterns, Locale locale) {
    return patterns.stream().map(pattern -> new WrittenTime(pattern, locale)).toList();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof WrittenTime one
        && pattern.equals(one.pattern)
        && locale.equals(one.locale);
  }

  @Override
  public int hashCode() {
    return pattern.hashCode();
  }
}
