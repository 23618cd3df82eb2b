package dev.unisono.spi;

/**
 * What stands in a row where a source found a value that is none of the field's type: the row is
 * refused with it, and never taken over. Immutable.
 *
 * @param found what was found, in words that do not tell it (invariant 10)
 */
public record Unfit(String found) {
  /** What stands for a value as the system gave it. */
  public static Unfit of(Object value) {
    return new Unfit(
        switch (value) {
          case String text -> "text of " + text.codePointCount(0, text.length()) + " characters";
          case Boolean _ -> "true or false";
          case Number _ -> "number";
          case byte[] bytes -> bytes.length + " bytes";
          default -> "value of another kind";
        });
  }
}
