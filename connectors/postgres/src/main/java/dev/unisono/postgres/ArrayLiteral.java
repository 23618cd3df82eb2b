package dev.unisono.postgres;

import dev.unisono.spi.Json;
import org.jspecify.annotations.Nullable;

/**
 * Builds the text of a PostgreSQL array, one element after the other: one parameter per column
 * carries a whole batch. For one thread.
 */
final class ArrayLiteral {
  private final StringBuilder text = new StringBuilder("{");
  private int size;

  void add(@Nullable Object value) {
    if (size++ > 0) {
      text.append(',');
    }
    switch (value) {
      case null -> text.append("NULL");
      case Long number -> text.append(number.longValue());
      case Boolean flag -> text.append(flag ? 't' : 'f');
      case String words -> quote(words);
      case Json json -> quote(json.text());
      default -> quote(TextValue.write(value));
    }
  }

  private void quote(String value) {
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      char letter = value.charAt(i);
      if (letter == '"' || letter == '\\') {
        text.append('\\');
      }
      text.append(letter);
    }
    text.append('"');
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
