package dev.unisono.engine.validate;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** How values are seen as numbers. Has no state. */
public final class Numbers {
  private Numbers() {}

  /** A value as an exact number; null where it is none, as NaN and the infinities are. */
  static @Nullable BigDecimal exact(Object value) {
    return switch (value) {
      case Long number -> BigDecimal.valueOf(number);
      case BigDecimal number -> number;
      case Double number when Double.isFinite(number) -> BigDecimal.valueOf(number);
      default -> null;
    };
  }

  /** What {@code enum} of the schema is compared by: numbers by value, the rest as it is. */
  public static Object comparable(Object value) {
    BigDecimal number = exact(value);
    return number == null ? value : number.stripTrailingZeros();
  }
}
