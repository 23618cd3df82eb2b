package dev.unisono.engine.validate;

import java.math.BigDecimal;
import java.util.List;

/** The {@code multipleOf} of a number. Immutable; safe for threads. */
public record MultipleOf(BigDecimal divisor) implements ValueCheck {
  @Override
  public boolean holds(Object value) {
    BigDecimal number = Numbers.exact(value);
    return number == null || number.remainder(divisor).signum() == 0;
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    findings.add(
        Finding.of(
            place, "multiple-of", value, "must be a multiple of " + divisor.toPlainString()));
  }
}
