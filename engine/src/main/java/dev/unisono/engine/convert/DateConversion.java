package dev.unisono.engine.convert;

import dev.unisono.spi.ValueType;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** Dates that a column holds as texts of one pattern. Immutable; safe for threads. */
record DateConversion(DateTimeFormatter formatter) implements Conversion {
  private static final int MOST_LETTERS = 100;

  @Override
  public ValueType stored() {
    return ValueType.STRING;
  }

  @Override
  public @Nullable Object read(Object stored) {
    if (!(stored instanceof String text) || text.length() > MOST_LETTERS) {
      return null;
    }
    try {
      return LocalDate.from(formatter.parse(text));
    } catch (DateTimeException none) {
      return null;
    }
  }

  @Override
  public @Nullable Object write(Object value) {
    if (!(value instanceof LocalDate date)
        || date.equals(LocalDate.MAX)
        || date.equals(LocalDate.MIN)) {
      return null;
    }
    try {
      return formatter.format(date);
    } catch (DateTimeException notIn) {
      return null;
    }
  }

  @Override
  public String form() {
    return "a text such as " + formatter.format(LocalDate.of(2026, 1, 31));
  }
}
