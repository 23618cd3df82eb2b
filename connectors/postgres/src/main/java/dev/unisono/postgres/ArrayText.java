package dev.unisono.postgres;

import dev.unisono.spi.ValueType;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL's text form of arrays (its documentation, "Array Input and Output Syntax"): read from
 * bytes as they arrive, with elements of one type, and written for statements. An array of several
 * dimensions is an array of arrays; lower bounds are passed over. Immutable; safe for threads.
 */
final class ArrayText {
  /** More than PostgreSQL has; what is damaged must not go down until the stack is full. */
  private static final int MOST_DIMENSIONS = 100;

  private final ValueType items;
  private final byte delimiter;

  /**
   * @param delimiter what stands between the elements: a comma, for all types but {@code box}
   */
  ArrayText(ValueType items, char delimiter) {
    this.items = items;
    this.delimiter = (byte) delimiter;
  }

  @Nullable Object[] read(byte[] bytes, int from, int length) {
    return new Reading(bytes, from, from + length).array(1);
  }

  /** One array on its way from text. For one thread. */
  private final class Reading {
    private final byte[] bytes;
    private final int end;
    private int at;

    Reading(byte[] bytes, int from, int end) {
      this.bytes = bytes;
      this.end = end;
      this.at = from;
      // Bounds that do not begin at one stand before it: [0:1]={…}
      while (bytes[at] != '{') {
        at++;
      }
    }

    @Nullable Object[] array(int dimensions) {
      if (dimensions > MOST_DIMENSIONS) {
        throw new IllegalArgumentException("an array in too many others");
      }
      List<@Nullable Object> elements = new ArrayList<>();
      at++;
      while (bytes[at] != '}') {
        elements.add(
            switch (bytes[at]) {
              case '{' -> array(dimensions + 1);
              case '"' -> quoted();
              default -> plain();
            });
        if (bytes[at] == delimiter) {
          at++;
        }
      }
      at++;
      return elements.toArray();
    }

    private @Nullable Object plain() {
      int start = at;
      while (bytes[at] != delimiter && bytes[at] != '}') {
        at++;
      }
      boolean isNull = at - start == 4 && bytes[start] == 'N' && bytes[start + 1] == 'U';
      return isNull && bytes[start + 2] == 'L' && bytes[start + 3] == 'L'
          ? null
          : TextValue.read(items, bytes, start, at - start);
    }

    private Object quoted() {
      ByteArrayOutputStream text = new ByteArrayOutputStream(Math.min(64, end - at));
      for (at++; bytes[at] != '"'; at++) {
        if (bytes[at] == '\\') {
          at++;
        }
        text.write(bytes[at]);
      }
      at++;
      return TextValue.read(items, text.toByteArray(), 0, text.size());
    }
  }

  static String write(@Nullable Object[] array, char delimiter) {
    StringBuilder text = new StringBuilder();
    write(text, array, delimiter);
    return text.toString();
  }

  private static void write(StringBuilder text, @Nullable Object[] array, char delimiter) {
    text.append('{');
    for (int i = 0; i < array.length; i++) {
      if (i > 0) {
        text.append(delimiter);
      }
      switch (array[i]) {
        case null -> text.append("NULL");
        case Object[] nested -> write(text, nested, delimiter);
        case Object element -> quote(text, TextValue.write(element));
      }
    }
    text.append('}');
  }

  /** In quotes everything is taken as it stands but a quote and a backslash. */
  static void quote(StringBuilder text, String value) {
    text.append('"');
    if (value.indexOf('"') < 0 && value.indexOf('\\') < 0) {
      text.append(value).append('"');
      return;
    }
    for (int i = 0; i < value.length(); i++) {
      char letter = value.charAt(i);
      if (letter == '"' || letter == '\\') {
        text.append('\\');
      }
      text.append(letter);
    }
    text.append('"');
  }
}
