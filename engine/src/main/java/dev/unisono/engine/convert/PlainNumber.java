package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** A number in a column of numbers, of whichever of their types. Has no state. */
record PlainNumber(@Nullable Integer digits) implements NumberForm {
  @Override
  public ValueType stored() {
    return ValueType.DECIMAL;
  }

  /** What is not a number, or infinite, is none. */
  @Override
  public @Nullable BigDecimal read(Object stored) {
    return stored instanceof BigDecimal number ? number : null;
  }

  @Override
  public Object write(BigDecimal number) {
    return number.scale() < 0 ? number.setScale(0) : number;
  }

  @Override
  public String form() {
    return digits == null ? "a number" : "a number of at most " + digits + " decimals";
  }
}
