package dev.unisono.engine.standardize;

import org.jspecify.annotations.Nullable;

/**
 * A postal code as its country writes it. Immutable; safe for threads.
 *
 * @param region the country; null where none is said, and codes are left as they are
 * @param regionField the field of the row that says the country; null where none does
 */
record PostalCodeStep(@Nullable String region, @Nullable String regionField) implements Step {
  private static final int MOST_LETTERS = 30;

  @Override
  public Step in(String country) {
    String code = Countries.code(country);
    return code == null ? this : new PostalCodeStep(code, null);
  }

  @Override
  public String apply(String text) {
    String country = region;
    return country == null || text.length() > MOST_LETTERS
        ? text
        : AtRest.of(text, code -> PostalCodes.written(code, country));
  }
}
