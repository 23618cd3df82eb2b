package dev.unisono.engine.convert;

import java.math.BigDecimal;
import java.math.BigInteger;

/** An exact number with a denominator above zero. Immutable. */
record Fraction(BigInteger numerator, BigInteger denominator) {
  static final Fraction ZERO = new Fraction(BigInteger.ZERO, BigInteger.ONE);
  static final Fraction ONE = new Fraction(BigInteger.ONE, BigInteger.ONE);

  Fraction {
    if (denominator.signum() <= 0) {
      throw new IllegalArgumentException("no denominator: " + denominator);
    }
    BigInteger common = numerator.gcd(denominator);
    numerator = numerator.divide(common);
    denominator = denominator.divide(common);
  }

  static Fraction of(BigDecimal number) {
    return number.scale() <= 0
        ? new Fraction(number.toBigIntegerExact(), BigInteger.ONE)
        : new Fraction(number.unscaledValue(), BigInteger.TEN.pow(number.scale()));
  }

  Fraction minus(Fraction other) {
    return new Fraction(
        numerator.multiply(other.denominator).subtract(other.numerator.multiply(denominator)),
        denominator.multiply(other.denominator));
  }

  Fraction times(Fraction other) {
    return new Fraction(
        numerator.multiply(other.numerator), denominator.multiply(other.denominator));
  }

  Fraction dividedBy(Fraction other) {
    BigInteger below = denominator.multiply(other.numerator);
    BigInteger above = numerator.multiply(other.denominator);
    return below.signum() < 0
        ? new Fraction(above.negate(), below.negate())
        : new Fraction(above, below);
  }
}
