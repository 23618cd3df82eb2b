package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * Numbers that a column holds in another unit, in another scale or as a text. Immutable; safe for
 * threads.
 *
 * @param field the type of the entity's field: LONG, DECIMAL or DOUBLE
 */
record NumberConversion(NumberForm numberForm, Linear linear, ValueType field)
    implements Conversion {
  @Override
  public ValueType stored() {
    return numberForm.stored();
  }

  @Override
  public @Nullable Object read(Object stored) {
    BigDecimal column = numberForm.read(stored);
    BigDecimal number = column == null ? null : linear.read(column);
    if (number == null) {
      return null;
    }
    return switch (field) {
      case LONG -> whole(number);
      case DOUBLE -> finite(number.doubleValue());
      case DECIMAL -> number;
      case BOOLEAN, STRING, BYTES, DATE, TIME, TIMESTAMP, UUID, JSON, ARRAY ->
          throw new IllegalStateException("no number: " + field);
    };
  }

  private static @Nullable Long whole(BigDecimal number) {
    try {
      return number.longValueExact();
    } catch (ArithmeticException notWhole) {
      return null;
    }
  }

  private static @Nullable Double finite(double number) {
    return Double.isFinite(number) ? number : null;
  }

  @Override
  public @Nullable Object write(Object value) {
    BigDecimal number =
        switch (value) {
          case Long whole -> BigDecimal.valueOf(whole);
          case BigDecimal decimal -> decimal;
          case Double real -> Double.isFinite(real) ? BigDecimal.valueOf(real) : null;
          default -> null;
        };
    BigDecimal column = number == null ? null : linear.write(number);
    return column == null ? null : numberForm.write(column);
  }

  @Override
  public String form() {
    return numberForm.form();
  }
}
