package dev.unisono.engine.standardize;

import dev.unisono.engine.expression.TextExpression;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes the steps of a config from their options, which are right already, and says what may stand
 * in them. Has no state; safe for threads.
 */
public final class Steps {
  private Steps() {}

  /** A step that needs no options. */
  public static Step plain(StepKind kind) {
    return switch (kind) {
      case TRIM -> PlainStep.TRIM;
      case COLLAPSE_SPACES -> PlainStep.COLLAPSE_SPACES;
      case UNICODE_NFC -> PlainStep.UNICODE_NFC;
      case LOWER_CASE -> PlainStep.LOWER_CASE;
      case UPPER_CASE -> PlainStep.UPPER_CASE;
      case TITLE_CASE -> PlainStep.TITLE_CASE;
      case EMAIL -> PlainStep.EMAIL;
      case NAME -> name(Locale.ROOT);
      case PHONE -> phone(null, null);
      case COUNTRY -> country(false);
      case CURRENCY -> new CurrencyStep();
      case NUMBER -> number(Locale.ENGLISH);
      case DATE -> date(List.of(), Locale.ENGLISH);
      case DATE_TIME -> dateTime(List.of(), Locale.ENGLISH, null);
      case URL -> url(null);
      case POSTAL_CODE -> postalCode(null, null);
      case BOOLEAN -> bool(List.of(), List.of());
      case NULL_WORDS -> new NullWordsStep(NullWordsStep.KNOWN);
    };
  }

  public static Step name(Locale locale) {
    return new NameStep(locale);
  }

  public static Step phone(@Nullable String region, @Nullable String regionField) {
    return new PhoneStep(region, regionField);
  }

  /** The countries whose numbers are known, as ISO 3166 has them. */
  public static Set<String> phoneRegions() {
    return PhoneStep.regions();
  }

  public static Step country(boolean threeLetters) {
    return new CountryStep(threeLetters);
  }

  public static Step number(Locale locale) {
    return new NumberStep(locale);
  }

  /**
   * Whether a pattern is one of dates and times.
   *
   * @throws IllegalArgumentException where it is none, with what is wrong
   */
  public static void checkFormat(String pattern) {
    var _ = new WrittenTime(pattern, Locale.ROOT);
  }

  /**
   * What reads and writes dates and times by a pattern that is one.
   *
   * @see #checkFormat
   */
  public static DateTimeFormatter formatter(String pattern, Locale locale) {
    return WrittenTime.formatter(pattern, locale);
  }

  public static Step date(List<String> formats, Locale locale) {
    return new DateStep(WrittenTime.all(formats, locale));
  }

  public static Step dateTime(List<String> formats, Locale locale, @Nullable ZoneId zone) {
    return new DateTimeStep(WrittenTime.all(formats, locale), zone);
  }

  public static Step url(@Nullable String scheme) {
    return new UrlStep(scheme);
  }

  /** The schemes of addresses that are understood. */
  public static Set<String> schemes() {
    return new TreeSet<>(UrlStep.PORTS.keySet());
  }

  public static Step postalCode(@Nullable String region, @Nullable String regionField) {
    return new PostalCodeStep(region, regionField);
  }

  /** The countries whose postal codes are known, as ISO 3166 has them. */
  public static Set<String> postalRegions() {
    return PostalCodes.countries();
  }

  /** Words are told from others whatever the case of their letters. */
  public static Step bool(List<String> yes, List<String> no) {
    return new BooleanStep(words(yes), words(no));
  }

  public static Step nullWords(List<String> words) {
    return new NullWordsStep(words(words));
  }

  public static Step expression(TextExpression expression) {
    return new ExpressionStep(expression);
  }

  private static Set<String> words(List<String> words) {
    Set<String> small = new TreeSet<>();
    words.forEach(word -> small.add(BooleanStep.word(word)));
    return small;
  }
}
