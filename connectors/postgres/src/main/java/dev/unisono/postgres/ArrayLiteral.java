package dev.unisono.postgres;

import dev.unisono.spi.Json;
import java.math.BigDecimal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Builds the text of a PostgreSQL array, one element after the other: one parameter per column
 * carries a whole batch. For one thread.
 */
final class ArrayLiteral {
  private final StringBuilder text = new StringBuilder("{");
  private final ColumnType type;
  private int size;

  /**
   * @param type of the column that the elements are for
   */
  ArrayLiteral(ColumnType type) {
    this.type = type;
  }

  void add(@Nullable Object value) {
    if (size++ > 0) {
      text.append(',');
    }
    switch (value) {
      case null -> text.append("NULL");
      case Long number -> text.append(number.longValue());
      case Boolean flag -> text.append(flag ? 't' : 'f');
      case String words -> ArrayText.quote(text, words);
      case Json json -> ArrayText.quote(text, json.text());
      case BigDecimal decimal -> text.append(TextValue.write(decimal));
      case Instant instant -> TextValue.write(text.append('"'), instant).append('"');
      default -> ArrayText.quote(text, type.write(value));
    }
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
