package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Projection;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalTime;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a table's columns make of values that are written to them, in sessions such as ours:
 * decimals are rounded half away from zero, fractions of a second cut off, blanks at the end of a
 * char dropped (MariaDB's pages on these types). What a column refuses is not told here. Immutable;
 * safe for threads.
 */
final class StoredForms implements Projection {
  private static final Pattern SIZES = Pattern.compile("^\\w+\\((\\d+)(?:,(\\d+))?\\).*");

  /** A year of two digits before this is one of the present century. */
  private static final long CENTURY_TURNS = 70;

  private final List<UnaryOperator<Object>> forms;

  private StoredForms(List<UnaryOperator<Object>> forms) {
    this.forms = List.copyOf(forms);
  }

  static StoredForms of(Binding binding, Table table) {
    List<UnaryOperator<Object>> forms = new ArrayList<>();
    for (int i = 0; i < binding.schema().size(); i++) {
      String name = binding.column(i);
      Table.Column column = name == null ? null : table.columns().get(name);
      forms.add(
          column == null ? value -> value : form(column.type(), binding.schema().field(i).type()));
    }
    return new StoredForms(forms);
  }

  @Override
  public @Nullable Object project(int field, @Nullable Object value) {
    return value == null ? null : forms.get(field).apply(value);
  }

  private static UnaryOperator<Object> form(ColumnType type, ValueType field) {
    return switch (type.name()) {
      case "decimal" -> rounded(size(type, 2, 0));
      case "tinyint", "smallint", "mediumint", "int", "bigint" -> rounded(0);
      case "year" -> StoredForms::year;
      case "float", "double" -> floating(type, field);
      case "datetime", "timestamp", "time" -> cut(size(type, 1, 0));
      case "char" -> StoredForms::withoutBlanksAtItsEnd;
      case "varchar" -> fitted(size(type, 1, 0));
      case "binary" -> filled(size(type, 1, 1));
      default -> value -> value;
    };
  }

  private static int size(ColumnType type, int group, int otherwise) {
    Matcher matcher = SIZES.matcher(type.full());
    String digits = matcher.matches() ? matcher.group(group) : null;
    return digits == null ? otherwise : Integer.parseInt(digits);
  }

  private static UnaryOperator<Object> rounded(int scale) {
    return value ->
        value instanceof BigDecimal number ? number.setScale(scale, RoundingMode.HALF_UP) : value;
  }

  private static Object year(Object value) {
    return value instanceof Long year && year > 0 && year < 100
        ? Long.valueOf(year < CENTURY_TURNS ? 2000 + year : 1900 + year)
        : value;
  }

  private static UnaryOperator<Object> floating(ColumnType type, ValueType field) {
    boolean single = type.name().equals("float");
    return value -> {
      if (!(value instanceof Number number)) {
        return value;
      }
      double whole = number.doubleValue();
      double kept = single ? Exact.ofSingle((float) whole) : whole;
      if (Double.isNaN(kept) || Double.isInfinite(kept)) {
        return value;
      }
      return field == ValueType.DECIMAL
          ? (Object) new BigDecimal(Double.toString(kept))
          : (Object) kept;
    };
  }

  private static UnaryOperator<Object> cut(int digits) {
    long nanos = 1;
    for (int i = digits; i < 9; i++) {
      nanos *= 10;
    }
    long step = nanos;
    return value ->
        switch (value) {
          case Instant time when !time.equals(Instant.MAX) && !time.equals(Instant.MIN) ->
              time.with(
                  ChronoField.NANO_OF_SECOND, time.get(ChronoField.NANO_OF_SECOND) / step * step);
          case LocalTime time ->
              time.with(
                  ChronoField.NANO_OF_SECOND, time.get(ChronoField.NANO_OF_SECOND) / step * step);
          default -> value;
        };
  }

  private static Object withoutBlanksAtItsEnd(Object value) {
    if (!(value instanceof String text)) {
      return value;
    }
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == ' ') {
      end--;
    }
    return text.substring(0, end);
  }

  /** Blanks that there is no room for are left out. */
  private static UnaryOperator<Object> fitted(int length) {
    return value -> {
      if (!(value instanceof String text) || text.codePointCount(0, text.length()) <= length) {
        return value;
      }
      int end = text.offsetByCodePoints(0, length);
      return text.substring(end).chars().allMatch(c -> c == ' ') ? text.substring(0, end) : value;
    };
  }

  private static UnaryOperator<Object> filled(int length) {
    return value ->
        value instanceof byte[] bytes && bytes.length < length
            ? Arrays.copyOf(bytes, length)
            : value;
  }
}
