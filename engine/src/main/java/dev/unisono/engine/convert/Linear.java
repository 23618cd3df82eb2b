package dev.unisono.engine.convert;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import org.jspecify.annotations.Nullable;

/**
 * A factor and an offset, both exact, between a column's numbers and the entity's: entity = (column
 * × factor + offset) / divisor. Immutable; safe for threads.
 */
final class Linear {
  /** The same number on both sides, with the zeros behind its point. */
  static final Linear SAME = of(Fraction.ONE, Fraction.ZERO, null);

  private static final int LARGEST_SCALE = 20_000;
  private static final int MOST_DIGITS = 140_000;

  private final BigDecimal factor;
  private final BigDecimal offset;
  private final BigDecimal divisor;

  /** How many decimals the column has; null where nothing is rounded. */
  private final @Nullable Integer digits;

  /** How many decimals what is read needs to lead back to the same; null where it is exact. */
  private final @Nullable Integer readDigits;

  private Linear(
      BigInteger factor, BigInteger offset, BigInteger divisor, @Nullable Integer digits) {
    this.factor = new BigDecimal(factor);
    this.offset = new BigDecimal(offset);
    this.divisor = new BigDecimal(divisor);
    this.digits = digits;
    this.readDigits = digits == null || terminates(divisor) ? null : readDigits(digits);
  }

  /**
   * A mapping.
   *
   * @param digits how many decimals the column has, which what is written is rounded to; null where
   *     it takes them all
   * @throws InexactException where some numbers have no exact counterpart, and no digits are given
   */
  static Linear of(Fraction factor, Fraction offset, @Nullable Integer digits) {
    BigInteger n = factor.numerator().multiply(offset.denominator());
    BigInteger o = offset.numerator().multiply(factor.denominator());
    BigInteger d = factor.denominator().multiply(offset.denominator());
    BigInteger common = n.gcd(o).gcd(d);
    Linear made = new Linear(n.divide(common), o.divide(common), d.divide(common), digits);
    if (digits == null && !(terminates(d.divide(common)) && terminates(n.divide(common)))) {
      throw new InexactException();
    }
    return made;
  }

  /** Some numbers have no exact counterpart with a finite number of decimals. */
  static final class InexactException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Whether every decimal divided by it is one. */
  private static boolean terminates(BigInteger number) {
    BigInteger rest = number.abs();
    for (BigInteger prime : new BigInteger[] {BigInteger.TWO, BigInteger.valueOf(5)}) {
      while (rest.mod(prime).signum() == 0) {
        rest = rest.divide(prime);
      }
    }
    return rest.equals(BigInteger.ONE);
  }

  /**
   * Half of the last decimal that is kept, brought to the column, is less than half of the column's
   * last: divisor / factor < 10 ^ (decimals - digits).
   */
  private int readDigits(int columnDigits) {
    int more = 0;
    BigDecimal ratio = divisor.divide(factor.abs(), 20, RoundingMode.UP);
    while (ratio.compareTo(BigDecimal.ONE.scaleByPowerOfTen(more)) >= 0) {
      more++;
    }
    return columnDigits + more;
  }

  /** Null where it is beyond all bounds. */
  @Nullable BigDecimal read(BigDecimal column) {
    if (beyond(column)) {
      return null;
    }
    if (this == SAME) {
      return column;
    }
    BigDecimal dividend = column.multiply(factor).add(offset);
    return shortest(
        readDigits == null
            ? dividend.divide(divisor)
            : dividend.divide(divisor, readDigits, RoundingMode.HALF_UP));
  }

  /** Null where it is beyond all bounds. */
  @Nullable BigDecimal write(BigDecimal value) {
    if (beyond(value)) {
      return null;
    }
    BigDecimal dividend = this == SAME ? value : value.multiply(divisor).subtract(offset);
    if (digits != null) {
      return dividend.divide(factor, digits, RoundingMode.HALF_UP);
    }
    return this == SAME ? value : shortest(dividend.divide(factor));
  }

  /** A few letters must not become a number that fills the memory. */
  private static boolean beyond(BigDecimal number) {
    return Math.abs((long) number.scale()) > LARGEST_SCALE || number.precision() > MOST_DIGITS;
  }

  private static BigDecimal shortest(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }
}
