package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Times that a column holds as texts of one pattern, by the clock of one zone; what is finer than
 * the pattern says is cut off when it is written. Immutable; safe for threads.
 *
 * @param formatter in that zone
 */
record DateTimeConversion(DateTimeFormatter formatter, ZoneId zone) implements Conversion {
  private static final int MOST_LETTERS = 100;

  @Override
  public ValueType stored() {
    return ValueType.STRING;
  }

  /** Where the clock shows a time twice, the earlier is meant. */
  @Override
  public @Nullable Object read(Object stored) {
    if (!(stored instanceof String text) || text.length() > MOST_LETTERS) {
      return null;
    }
    try {
      return LocalDateTime.from(formatter.parse(text)).atZone(zone).toInstant();
    } catch (DateTimeException | ArithmeticException none) {
      return null;
    }
  }

  @Override
  public @Nullable Object write(Object value) {
    if (!(value instanceof Instant time) || time.equals(Instant.MAX) || time.equals(Instant.MIN)) {
      return null;
    }
    try {
      return formatter.format(time.atZone(zone));
    } catch (DateTimeException | ArithmeticException notIn) {
      return null;
    }
  }

  @Override
  public String form() {
    return "a text such as " + formatter.format(LocalDateTime.of(2026, 1, 31, 13, 45).atZone(zone));
  }
}
