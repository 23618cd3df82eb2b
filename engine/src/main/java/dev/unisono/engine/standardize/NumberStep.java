package dev.unisono.engine.standardize;

import java.math.BigDecimal;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A plain decimal from a number as people of a locale write it: digits of any script, in groups or
 * not, with a sign before or behind it or in brackets. Groups have three digits, the first may have
 * fewer; where the middle ones have two, as in India, the last one has three. Immutable; safe for
 * threads.
 */
final class NumberStep implements Step {
  private static final int MOST_LETTERS = 400;

  /** What stands between groups in no country's decimals. */
  private static final String ALWAYS_GROUPS = " \u00A0\u202F\u2009'\u2019\u066C";

  private final char decimal;
  private final char group;

  NumberStep(Locale locale) {
    DecimalFormatSymbols symbols = DecimalFormatSymbols.getInstance(locale);
    this.decimal = symbols.getDecimalSeparator();
    this.group = symbols.getGroupingSeparator();
  }

  @Override
  public String apply(String text) {
    if (text.length() > MOST_LETTERS) {
      return text;
    }
    String plain = plain(text);
    if (plain == null || plain.equals(text)) {
      return text;
    }
    // Where 1.234 means thousands, what was 1,234 needs a digit more not to be taken for them.
    String again = plain(plain);
    return again == null || again.equals(plain) ? plain : plain + "0";
  }

  private @Nullable String plain(String text) {
    String number = Spaces.trimmed(text);
    boolean negative = false;
    if (number.startsWith("(") && number.endsWith(")")) {
      negative = true;
      number = Spaces.trimmed(number.substring(1, number.length() - 1));
    } else if (!number.isEmpty() && isSign(number.charAt(0))) {
      negative = number.charAt(0) != '+';
      number = Spaces.trimmed(number.substring(1));
    } else if (!number.isEmpty() && isMinus(number.charAt(number.length() - 1))) {
      negative = true;
      number = Spaces.trimmed(number.substring(0, number.length() - 1));
    }
    String unsigned = unsigned(number);
    if (unsigned == null) {
      return null;
    }
    BigDecimal value = new BigDecimal(unsigned);
    return (negative ? value.negate() : value).toPlainString();
  }

  private static boolean isSign(char letter) {
    return letter == '+' || isMinus(letter);
  }

  private static boolean isMinus(char letter) {
    return letter == '-' || letter == '\u2212' || letter == '\u2010' || letter == '\u2011';
  }

  /** Digits with a point, in ASCII; null where it is no number of this locale. */
  private @Nullable String unsigned(String number) {
    int point = number.indexOf(decimal);
    if (point < 0) {
      point = number.indexOf('\u066B');
    }
    String whole = digits(point < 0 ? number : number.substring(0, point), point >= 0);
    if (point < 0 || whole == null) {
      return whole == null || whole.isEmpty() ? null : whole;
    }
    String parts = digits(number.substring(point + 1));
    return parts == null || parts.isEmpty() ? null : (whole.isEmpty() ? "0" : whole) + "." + parts;
  }

  /**
   * The digits of the part before the point.
   *
   * @param pointFollows true where something is behind it that tells the point from a group's end
   */
  private @Nullable String digits(String whole, boolean pointFollows) {
    StringBuilder digits = new StringBuilder();
    char between = 0;
    int inGroup = 0;
    for (int i = 0; i < whole.length(); i++) {
      char letter = whole.charAt(i);
      int digit = Character.digit(letter, 10);
      if (digit >= 0) {
        digits.append((char) ('0' + digit));
        inGroup++;
        continue;
      }
      boolean first = between == 0;
      boolean fits =
          first
              ? inGroup >= 1 && inGroup <= 3 && digits.charAt(0) != '0'
              : letter == between && (inGroup == 2 || inGroup == 3);
      if (!fits || !groups(letter, pointFollows)) {
        return null;
      }
      between = letter;
      inGroup = 0;
    }
    return between != 0 && inGroup != 3 ? null : digits.toString();
  }

  private boolean groups(char letter, boolean pointFollows) {
    return letter == group
        || ALWAYS_GROUPS.indexOf(letter) >= 0
        || (pointFollows && decimal == ',' && letter == '.');
  }

  private static @Nullable String digits(String parts) {
    StringBuilder digits = new StringBuilder();
    for (int i = 0; i < parts.length(); i++) {
      int digit = Character.digit(parts.charAt(i), 10);
      if (digit < 0) {
        return null;
      }
      digits.append((char) ('0' + digit));
    }
    return digits.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NumberStep one && decimal == one.decimal && group == one.group;
  }

  @Override
  public int hashCode() {
    return decimal * 31 + group;
  }
}
