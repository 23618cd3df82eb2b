package dev.unisono.engine.standardize;

/**
 * The ISO 3166 code of a country, from its name or another code. Immutable; safe for threads.
 *
 * @param threeLetters true for alpha-3 codes
 */
record CountryStep(boolean threeLetters) implements Step {
  @Override
  public String apply(String text) {
    String code = Countries.code(text);
    if (code == null) {
      return text;
    }
    return threeLetters ? Countries.threeLetters(code) : code;
  }
}
