package dev.unisono.engine.standardize;

import com.google.i18n.phonenumbers.NumberParseException;
import com.google.i18n.phonenumbers.PhoneNumberUtil;
import com.google.i18n.phonenumbers.PhoneNumberUtil.PhoneNumberFormat;
import com.google.i18n.phonenumbers.Phonenumber.PhoneNumber;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A telephone number as E.164, where it is one that can be dialled. One with an extension is left:
 * E.164 has no place for that. Immutable; safe for threads.
 *
 * @param region the country of numbers that do not say it; null where only such are understood
 * @param regionField the field of the row that says the country; null where none does
 */
record PhoneStep(@Nullable String region, @Nullable String regionField) implements Step {
  private static final int MOST_LETTERS = 60;

  /** Loads what is known of all countries' numbers, once. */
  private static final class Numbers {
    static final PhoneNumberUtil UTIL = PhoneNumberUtil.getInstance();

    private Numbers() {}
  }

  /** The countries whose numbers are known. */
  static Set<String> regions() {
    return new TreeSet<>(Numbers.UTIL.getSupportedRegions());
  }

  @Override
  public Step in(String country) {
    String code = Countries.code(country);
    return code == null ? this : new PhoneStep(code, null);
  }

  @Override
  public String apply(String text) {
    return text.length() > MOST_LETTERS ? text : AtRest.of(text, this::international);
  }

  private String international(String text) {
    try {
      PhoneNumber number = Numbers.UTIL.parse(text, region);
      return number.hasExtension() || !Numbers.UTIL.isValidNumber(number)
          ? text
          : Numbers.UTIL.format(number, PhoneNumberFormat.E164);
    } catch (NumberParseException none) {
      return text;
    }
  }
}
