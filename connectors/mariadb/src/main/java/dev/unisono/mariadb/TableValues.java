package dev.unisono.mariadb;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads a field's value from a query of the table, writes it as a parameter, and keeps that of a
 * key as text. Has no state; safe for threads.
 */
final class TableValues {
  private TableValues() {}

  /**
   * @param type the column's, selected as {@link ColumnType#selected} says
   */
  static @Nullable Object read(Field field, ColumnType type, ResultSet row, int position)
      throws SQLException {
    if (field.type() == ValueType.BYTES) {
      return row.getBytes(position);
    }
    if (type.isFloating()) {
      double number =
          type.name().equals("float")
              ? Exact.ofSingle(row.getFloat(position))
              : row.getDouble(position);
      if (row.wasNull()) {
        return null;
      }
      return field.type() == ValueType.DECIMAL
          ? (Object) new BigDecimal(Double.toString(number))
          : (Object) number;
    }
    String text = row.getString(position);
    return text == null || type.undated(text) ? null : parse(field.type(), text);
  }

  /** The value whose text this is. */
  static Object parse(ValueType type, String text) {
    return switch (type) {
      case BOOLEAN -> !text.equals("0");
      case LONG -> Long.valueOf(text);
      case DECIMAL -> new BigDecimal(text);
      case DOUBLE -> Double.valueOf(text);
      case STRING -> text;
      case BYTES -> HexFormat.of().parseHex(text);
      case DATE -> LocalDate.parse(text);
      case TIME -> LocalTime.parse(text);
      case TIMESTAMP -> LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC);
      case UUID -> UUID.fromString(text);
      case JSON -> new Json(text);
      case ARRAY -> throw new IllegalArgumentException("no column has an array");
    };
  }

  /** A value's text, for {@link #parse} and for the server. */
  static String text(Object value) {
    return switch (value) {
      case Boolean flag -> flag ? "1" : "0";
      case BigDecimal decimal -> decimal.toPlainString();
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      case Instant time -> LocalDateTime.ofInstant(time, ZoneOffset.UTC).toString();
      case Json json -> json.text();
      default -> value.toString();
    };
  }

  /** As a parameter of a statement. */
  static @Nullable Object parameter(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case byte[] bytes -> bytes;
      case Boolean flag -> flag ? 1 : 0;
      case Long number -> number;
      case Double number -> number;
      case BigDecimal decimal -> decimal;
      default -> text(value);
    };
  }
}
