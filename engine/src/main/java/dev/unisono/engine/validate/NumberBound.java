package dev.unisono.engine.validate;

import java.math.BigDecimal;
import java.util.List;

/**
 * A bound of {@code minimum}, {@code maximum} or their exclusive kind. Whole numbers and decimals
 * are compared as they are. Immutable; safe for threads.
 *
 * @param upper true where it is the greatest, false where it is the least
 * @param inclusive true where the bound itself is allowed
 */
public record NumberBound(BigDecimal bound, boolean upper, boolean inclusive)
    implements ValueCheck {
  @Override
  public boolean holds(Object value) {
    BigDecimal number = Numbers.exact(value);
    if (number == null) {
      return true;
    }
    int compared = upper ? bound.compareTo(number) : number.compareTo(bound);
    return compared > 0 || (inclusive && compared == 0);
  }

  @Override
  public void explain(Place place, Object value, List<Finding> findings) {
    String wants =
        upper
            ? inclusive ? "must be at most " : "must be less than "
            : inclusive ? "must be at least " : "must be more than ";
    findings.add(
        Finding.of(
            place,
            upper
                ? inclusive ? "maximum" : "exclusive-maximum"
                : inclusive ? "minimum" : "exclusive-minimum",
            value,
            wants + bound.toPlainString()));
  }
}
