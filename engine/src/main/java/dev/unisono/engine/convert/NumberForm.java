package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** How a column holds a number. Pure; immutable; safe for threads. */
sealed interface NumberForm permits PlainNumber, WrittenNumber, CompoundNumber {
  ValueType stored();

  /** Null where it is no number in this form. */
  @Nullable BigDecimal read(Object stored);

  Object write(BigDecimal number);

  /** For people. */
  String form();
}
