package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A number in a column of texts, as people of a locale write it, with a unit behind it or without.
 * Immutable; safe for threads.
 */
final class WrittenNumber implements NumberForm {
  private static final int MOST_LETTERS = 1_000;
  private static final Pattern PLAIN = Pattern.compile("-?[0-9]+(\\.[0-9]+)?");

  private final char point;
  private final char group;
  private final boolean grouping;
  private final @Nullable Integer digits;
  private final String behind;

  /**
   * @param grouping whether the digits stand in groups of three
   * @param digits how many stand behind the point; null where they are as many as are needed
   * @param unit what stands behind the number, after a blank; empty for nothing
   */
  WrittenNumber(Locale locale, boolean grouping, @Nullable Integer digits, String unit) {
    DecimalFormatSymbols symbols = DecimalFormatSymbols.getInstance(locale);
    this.point = symbols.getDecimalSeparator();
    this.group = symbols.getGroupingSeparator();
    this.grouping = grouping;
    this.digits = digits;
    this.behind = unit.isEmpty() ? "" : " " + unit;
  }

  @Override
  public ValueType stored() {
    return ValueType.STRING;
  }

  @Override
  public @Nullable BigDecimal read(Object stored) {
    if (!(stored instanceof String text)
        || text.length() > MOST_LETTERS
        || !text.endsWith(behind)) {
      return null;
    }
    StringBuilder plain = new StringBuilder(text.length());
    for (int i = 0; i < text.length() - behind.length(); i++) {
      char letter = text.charAt(i);
      if (letter == point) {
        plain.append('.');
      } else if (letter == '.') {
        if (!grouping || group != '.') {
          return null;
        }
      } else if (!grouping || letter != group) {
        plain.append(letter);
      }
    }
    return PLAIN.matcher(plain).matches() ? new BigDecimal(plain.toString()) : null;
  }

  @Override
  public Object write(BigDecimal number) {
    String plain = (digits == null ? number : number.setScale(digits)).abs().toPlainString();
    int whole = plain.indexOf('.') < 0 ? plain.length() : plain.indexOf('.');
    StringBuilder text = new StringBuilder(plain.length() + 8);
    if (number.signum() < 0) {
      text.append('-');
    }
    for (int i = 0; i < whole; i++) {
      if (grouping && i > 0 && (whole - i) % 3 == 0) {
        text.append(group);
      }
      text.append(plain.charAt(i));
    }
    if (whole < plain.length()) {
      text.append(point).append(plain, whole + 1, plain.length());
    }
    return text.append(behind).toString();
  }

  @Override
  public String form() {
    return "a text such as " + write(new BigDecimal(digits == null ? "1234.5" : "1234"));
  }
}
