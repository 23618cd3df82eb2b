package dev.unisono.engine.standardize;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.MissingResourceException;
import org.jspecify.annotations.Nullable;

/**
 * The countries of ISO 3166, by code and by their names in many languages. Has no state of its own;
 * the names are loaded when the first is asked for. Safe for threads.
 */
final class Countries {
  private static final int MOST_LETTERS = 100;

  private static final class Names {
    static final NameIndex INDEX = new NameIndex();
    static final Map<String, String> CODES = new HashMap<>();
    static final Map<String, String> THREE_LETTERS = new HashMap<>();

    static {
      for (String code : Locale.getISOCountries()) {
        Locale country = Locale.of("", code);
        CODES.put(code, code);
        try {
          CODES.put(country.getISO3Country(), code);
          THREE_LETTERS.put(code, country.getISO3Country());
        } catch (MissingResourceException none) {
          THREE_LETTERS.put(code, code);
        }
        for (Locale language : NameIndex.LANGUAGES) {
          INDEX.add(country.getDisplayCountry(language), code);
        }
      }
      INDEX.addAll("country-names.txt");
    }

    private Names() {}
  }

  private Countries() {}

  /** The two letters of a country, from its name or a code of it; null where it is none. */
  static @Nullable String code(String text) {
    if (text.length() > MOST_LETTERS) {
      return null;
    }
    String trimmed = Spaces.trimmed(text);
    String known = Names.CODES.get(trimmed);
    if (known == null && trimmed.length() <= 3) {
      known = Names.CODES.get(trimmed.toUpperCase(Locale.ROOT));
    }
    return known == null ? Names.INDEX.code(trimmed) : known;
  }

  static String threeLetters(String code) {
    return Names.THREE_LETTERS.getOrDefault(code, code);
  }
}
