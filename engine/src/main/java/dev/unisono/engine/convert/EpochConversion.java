package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Times that a column holds as a number counted from the beginning of 1970; what is finer is cut
 * off when it is written. Immutable; safe for threads.
 */
record EpochConversion(ChronoUnit unit) implements Conversion {
  @Override
  public ValueType stored() {
    return ValueType.LONG;
  }

  @Override
  public @Nullable Object read(Object stored) {
    try {
      return stored instanceof Long number ? Instant.EPOCH.plus(number, unit) : null;
    } catch (DateTimeException | ArithmeticException beyond) {
      return null;
    }
  }

  @Override
  public @Nullable Object write(Object value) {
    if (!(value instanceof Instant time) || time.equals(Instant.MAX) || time.equals(Instant.MIN)) {
      return null;
    }
    try {
      // Downwards, before 1970 too: between counts it would be towards it.
      long perSecond = ChronoUnit.SECONDS.getDuration().dividedBy(unit.getDuration());
      return Math.addExact(
          Math.multiplyExact(time.getEpochSecond(), perSecond),
          time.getNano() / unit.getDuration().toNanos());
    } catch (ArithmeticException beyond) {
      return null;
    }
  }

  @Override
  public String form() {
    return "a number of " + unit.toString().toLowerCase(java.util.Locale.ROOT);
  }
}
