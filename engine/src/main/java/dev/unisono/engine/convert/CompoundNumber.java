package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A number in a column of texts that is written by several units, the largest first: 5 ft 10 in. It
 * counts the smallest of them. Immutable; safe for threads.
 */
final class CompoundNumber implements NumberForm {
  private static final int MOST_LETTERS = 200;

  /** A unit, and how many of the next smaller one it has. */
  record Part(String unit, BigDecimal ofNext) {}

  private final List<Part> larger;
  private final String smallest;
  private final int digits;
  private final Pattern pattern;

  /**
   * @param larger all units but the smallest
   * @param digits decimals of the smallest
   */
  CompoundNumber(List<Part> larger, String smallest, int digits) {
    this.larger = List.copyOf(larger);
    this.smallest = smallest;
    this.digits = digits;
    this.pattern =
        Pattern.compile(
            "(-?)"
                + larger.stream()
                    .map(part -> "([0-9]++) " + Pattern.quote(part.unit()) + " ")
                    .collect(Collectors.joining())
                + "([0-9]++(?:\\.[0-9]++)?) "
                + Pattern.quote(smallest));
  }

  @Override
  public ValueType stored() {
    return ValueType.STRING;
  }

  @Override
  public @Nullable BigDecimal read(Object stored) {
    if (!(stored instanceof String text) || text.length() > MOST_LETTERS) {
      return null;
    }
    Matcher matcher = pattern.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    BigDecimal sum = BigDecimal.ZERO;
    for (int i = 0; i < larger.size(); i++) {
      sum = sum.add(new BigDecimal(matcher.group(i + 2))).multiply(larger.get(i).ofNext());
    }
    sum = sum.add(new BigDecimal(matcher.group(larger.size() + 2)));
    return matcher.group(1).isEmpty() ? sum : sum.negate();
  }

  @Override
  public Object write(BigDecimal number) {
    BigDecimal rest = number.abs().setScale(digits);
    StringBuilder text = new StringBuilder();
    for (int i = larger.size() - 1; i >= 0; i--) {
      BigDecimal[] parts = rest.divideAndRemainder(larger.get(i).ofNext());
      text.insert(
          0,
          " "
              + parts[1].setScale(i == larger.size() - 1 ? digits : 0).toPlainString()
              + " "
              + (i == larger.size() - 1 ? smallest : larger.get(i + 1).unit()));
      rest = parts[0];
    }
    text.insert(0, rest.setScale(0).toPlainString() + " " + larger.getFirst().unit());
    return number.signum() < 0 ? text.insert(0, '-').toString() : text.toString();
  }

  @Override
  public String form() {
    BigDecimal sample = BigDecimal.ONE;
    for (Part part : larger) {
      sample = sample.multiply(part.ofNext()).add(BigDecimal.ONE);
    }
    return "a text such as " + write(sample);
  }
}
