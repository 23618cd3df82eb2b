package dev.unisono.jdbc;

import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.DateTimeException;
import org.jspecify.annotations.Nullable;

/** What a value of SQLite's few storage classes is of a field's type. Has no state. */
final class SqliteValue {
  /** The last whole number up to which each has a floating point number of its own. */
  private static final long EXACT = 1L << 53;

  private static final BigDecimal LARGEST_LONG = BigDecimal.valueOf(Long.MAX_VALUE);

  private SqliteValue() {}

  /** By the storage class that the value has, whatever the column says: nothing is converted. */
  static Object of(ValueType type, Object found) {
    try {
      Object value =
          switch (found) {
            case Long number -> ofInteger(type, number);
            case Double number -> ofReal(type, number);
            case byte[] _ -> type == ValueType.BYTES ? found : null;
            case String text -> ofText(type, text);
            default -> null;
          };
      if (value == null) {
        throw new IllegalArgumentException(shown(found));
      }
      return value;
    } catch (DateTimeException | NumberFormatException unfit) {
      throw new IllegalArgumentException(shown(found), unfit);
    }
  }

  private static @Nullable Object ofInteger(ValueType type, long number) {
    return switch (type) {
      case LONG -> number;
      case BOOLEAN -> (number == 0 || number == 1) ? (Object) (number == 1) : null;
      case DECIMAL -> BigDecimal.valueOf(number);
      case DOUBLE -> Math.abs(number) <= EXACT ? (Object) (double) number : null;
      case STRING, BYTES, DATE, TIME, TIMESTAMP, UUID, JSON, ARRAY -> null;
    };
  }

  /**
   * A decimal is the shortest one that stands for the number: what was written, up to 15 digits.
   */
  private static @Nullable Object ofReal(ValueType type, double number) {
    return switch (type) {
      case DOUBLE -> number;
      case DECIMAL ->
          Double.isInfinite(number)
              ? (Object) number
              : ValueText.bounded(BigDecimal.valueOf(number));
      case BOOLEAN, LONG, STRING, BYTES, DATE, TIME, TIMESTAMP, UUID, JSON, ARRAY -> null;
    };
  }

  private static @Nullable Object ofText(ValueType type, String text) {
    return switch (type) {
      case STRING, JSON, DECIMAL, DATE, TIME, TIMESTAMP, UUID -> ValueText.read(type, text);
      case BOOLEAN, LONG, DOUBLE, BYTES, ARRAY -> null;
    };
  }

  private static String shown(Object found) {
    return switch (found) {
      case Long number -> "the integer " + number;
      case Double number -> "the floating point number " + number;
      case String text ->
          "the text '" + (text.length() > 40 ? text.substring(0, 40) + "…" : text) + "'";
      case byte[] bytes -> "a blob of " + bytes.length + " bytes";
      default -> found.toString();
    };
  }

  /**
   * Sets a decimal that a column of numbers keeps.
   *
   * @throws SQLException with {@link Dialect#UNFIT_VALUE} where it would keep another one
   */
  static void bindNumber(PreparedStatement statement, int parameter, BigDecimal number)
      throws SQLException {
    if (number.stripTrailingZeros().scale() <= 0 && number.abs().compareTo(LARGEST_LONG) <= 0) {
      statement.setLong(parameter, number.longValueExact());
      return;
    }
    double nearest = number.doubleValue();
    if (Double.isInfinite(nearest) || BigDecimal.valueOf(nearest).compareTo(number) != 0) {
      throw new SQLException("SQLite keeps fewer digits as a number", Dialect.UNFIT_VALUE);
    }
    statement.setDouble(parameter, nearest);
  }
}
