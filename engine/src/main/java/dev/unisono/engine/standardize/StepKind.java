package dev.unisono.engine.standardize;

import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import java.util.List;
import java.util.Locale;

/**
 * Every standardize step there is, with its options, declared once: the reader, the editor's JSON
 * Schema and the reference page are made from it.
 */
public enum StepKind {
  TRIM("Takes white space from both ends."),
  COLLAPSE_SPACES("Makes one blank of each run of white space."),
  UNICODE_NFC("Composes letters and their accents (Unicode NFC)."),
  LOWER_CASE("All letters small, by no locale."),
  UPPER_CASE("All letters large, by no locale."),
  TITLE_CASE("Each run of letters begins with a large one and goes on in small ones."),
  NAME(
      "The letters of a person's name: words that are all large or all small are written as names"
          + " are.",
      option("locale", "string", "tr or az: the letters i and ı are told apart as there.")),
  EMAIL("Takes white space from both ends; the domain in small letters and in ASCII (IDN)."),
  PHONE(
      "A telephone number as E.164: +493012345678.",
      option("region", "string", "The country of numbers that do not say it: DE."),
      regionField("numbers that do not say it")),
  COUNTRY(
      "The ISO 3166 code of a country from its name in many languages or a code.",
      option("form", "string", "alpha-2 (default) or alpha-3.")),
  CURRENCY("The ISO 4217 code of a currency from its code, its name or a sign of its alone."),
  NUMBER(
      "A plain decimal from a number as people write it: 1234.50.",
      option("locale", "string", "How it is written: de-CH. By default en.")),
  DATE("A date as ISO 8601: 2026-01-31.", formats(), locale("names of months and days")),
  DATE_TIME(
      "A time as ISO 8601 in UTC: 2026-01-31T13:45:00Z.",
      formats(),
      locale("names of months and days"),
      option("zone", "string", "The time zone of times that do not say it: Europe/Berlin.")),
  URL(
      "An address in the web as RFC 3986 has it normal.",
      option("scheme", "string", "Put before an address that has none: https.")),
  POSTAL_CODE(
      "A postal code as its country writes it: SW1A 1AA.",
      option("region", "string", "The country: GB."),
      regionField("the code")),
  BOOLEAN(
      "true or false from words for yes and no in many languages.",
      option("true-words", "array", "More words that mean true."),
      option("false-words", "array", "More words that mean false.")),
  NULL_WORDS(
      "No value where the text only says that there is none: n/a.",
      option("words", "array", "The words, in place of those that it knows."));

  /** What stands in place of a name where a step is an expression in CEL. */
  public static final ConfigKey EXPRESSION =
      option(
          "expression",
          "string",
          "A step of one's own, in CEL over value: value.replace('-', ''). It leaves what it fails"
              + " for.");

  private final String description;

  @SuppressWarnings("ImmutableEnumChecker") // It is a List.of.
  private final List<ConfigKey> options;

  StepKind(String description, ConfigKey... options) {
    this.description = description;
    this.options = List.of(options);
  }

  private static ConfigKey option(String name, String type, String description) {
    return new ConfigKey(name, type, false, null, true, description);
  }

  private static ConfigKey regionField(String of) {
    return option(
        "region-field",
        "string",
        "The field that says the country of " + of + ", as a name or a code.");
  }

  private static ConfigKey formats() {
    return option(
        "formats", "array", "How it may be written beside ISO 8601, tried in order: dd.MM.yyyy.");
  }

  private static ConfigKey locale(String of) {
    return option("locale", "string", "The language of " + of + ". By default en.");
  }

  /** Its name in the config. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  public String description() {
    return description;
  }

  public List<ConfigKey> options() {
    return options;
  }
}
