package dev.unisono.postgres;

import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * How the text of one column becomes the value of one field; resolved once for each column.
 * Immutable; safe for threads.
 */
final class ValueReader {
  private final ValueType type;
  private final @Nullable ArrayText array;

  ValueReader(Field field, @Nullable ColumnType column) {
    this.type = field.type();
    ValueType items = field.items();
    ColumnType element = column == null ? null : column.element();
    this.array =
        items == null ? null : new ArrayText(items, element == null ? ',' : element.delimiter());
  }

  Object read(byte[] bytes, int from, int length) {
    ArrayText elements = array;
    return elements == null
        ? TextValue.read(type, bytes, from, length)
        : elements.read(bytes, from, length);
  }
}
