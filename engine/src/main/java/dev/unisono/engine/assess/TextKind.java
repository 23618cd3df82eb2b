package dev.unisono.engine.assess;

import dev.unisono.engine.standardize.Step;
import dev.unisono.engine.standardize.StepKind;
import dev.unisono.engine.standardize.Steps;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a text can look like, by its form alone. Has no state; safe for threads. */
enum TextKind {
  EMAIL(
      "an e-mail address",
      matching(
          "[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_{|}~-]+)*"
              + "@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,}")),
  URL("an address in the web", matching("(?i)(https?|ftp|wss?)://\\S+")),
  UUID("a UUID", matching("(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
  PHONE("a telephone number", TextKind::phone),
  COUNTRY("a country", TextKind::country),
  COUNTRY_CODE("a country's code of two letters", TextKind::countryCode),
  CURRENCY("a currency's code", Codes.CURRENCIES::contains),
  DATE("a date as ISO 8601", matching("[0-9]{4}-[01][0-9]-[0-3][0-9]")),
  DATE_TIME(
      "a time as RFC 3339",
      matching("[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?Z")),
  DAY_FIRST("a date as 31.1.2026", matching("[0-3]?[0-9]\\.[01]?[0-9]\\.[0-9]{4}")),
  DAY_FIRST_SLASH("a date as 31/01/2026", matching("[0-3]?[0-9]/[01]?[0-9]/[0-9]{4}")),
  MONTH_FIRST("a date as 01/31/2026", matching("[01]?[0-9]/[0-3]?[0-9]/[0-9]{4}")),
  WHOLE_NUMBER("a whole number", matching("-?(0|[1-9][0-9]{0,17})")),
  NUMBER("a number", matching("-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,18})?")),
  NUMBER_WITH_COMMA(
      "a number as 1.234,50",
      matching("[-+]?([1-9][0-9]{0,2}(\\.[0-9]{3})+|0|[1-9][0-9]*)(,[0-9]+)?")),
  NUMBER_WITH_GROUPS(
      "a number as 1,234.50",
      matching("[-+]?([1-9][0-9]{0,2}(,[0-9]{3})+|0|[1-9][0-9]*)(\\.[0-9]+)?")),
  TRUTH("true or false", Set.of("true", "false")::contains),
  BOOLEAN_WORD("a word for yes or no", TextKind::truth),
  JSON("a JSON document", TextKind::json),
  POSTAL_CODE("a postal code", matching("(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9 -]{1,9}"));

  /** Sets that are made once, when they are first needed. */
  private static final class Codes {
    static final Set<String> COUNTRIES = Locale.getISOCountries(Locale.IsoCountryCode.PART1_ALPHA2);
    static final Set<String> ALPHA_3 = Locale.getISOCountries(Locale.IsoCountryCode.PART1_ALPHA3);
    static final Set<String> CURRENCIES =
        Currency.getAvailableCurrencies().stream()
            .map(Currency::getCurrencyCode)
            .collect(Collectors.toUnmodifiableSet());
    static final Step COUNTRY = Steps.country(true);
    static final Step TRUTH = Steps.bool(List.of(), List.of());
    static final Step NOTHING = Steps.plain(StepKind.NULL_WORDS);
    static final Pattern DIALLED = Pattern.compile("[+(]?[0-9][0-9 ()/.\\-]{4,24}");
    static final Pattern SEPARATOR = Pattern.compile("[ ()/\\-]");

    private Codes() {}
  }

  private static final int LEAST_DIGITS = 6;
  private static final int MOST_DIGITS = 15;

  private final String shown;

  @SuppressWarnings("ImmutableEnumChecker") // Patterns and sets that nobody changes.
  private final Predicate<String> looks;

  TextKind(String shown, Predicate<String> looks) {
    this.shown = shown;
    this.looks = looks;
  }

  private static Predicate<String> matching(String pattern) {
    return Pattern.compile(pattern).asMatchPredicate();
  }

  /** What it is, for people. */
  String shown() {
    return shown;
  }

  /** Whether a text, without blanks at its ends, looks like this. */
  boolean fits(String text) {
    return looks.test(text);
  }

  private static boolean phone(String text) {
    if (!Codes.DIALLED.matcher(text).matches()) {
      return false;
    }
    long digits = text.chars().filter(letter -> letter >= '0' && letter <= '9').count();
    boolean dialled =
        text.startsWith("+") || text.startsWith("0") || Codes.SEPARATOR.matcher(text).find();
    return dialled
        && digits >= LEAST_DIGITS
        && digits <= MOST_DIGITS
        && !DATE.fits(text)
        && !NUMBER.fits(text);
  }

  private static boolean country(String text) {
    String code = Codes.COUNTRY.apply(text);
    return code != null && code.length() == 3 && Codes.ALPHA_3.contains(code);
  }

  private static boolean countryCode(String text) {
    return text.length() == 2 && Codes.COUNTRIES.contains(text);
  }

  private static boolean truth(String text) {
    String word = Codes.TRUTH.apply(text);
    return "true".equals(word) || "false".equals(word);
  }

  private static boolean json(String text) {
    return text.length() > 1
        && ((text.startsWith("{") && text.endsWith("}"))
            || (text.startsWith("[") && text.endsWith("]")));
  }

  /** True where a text only says that there is no value; the empty one does. */
  static boolean saysNothing(String text) {
    return Codes.NOTHING.apply(text) == null;
  }
}
