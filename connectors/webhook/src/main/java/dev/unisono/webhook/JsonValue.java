package dev.unisono.webhook;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Makes values of fields of what JSON says. Has no state. */
final class JsonValue {
  private static final Pattern DECIMAL =
      Pattern.compile("-?[0-9]{1,400}(\\.[0-9]{1,400})?([eE][-+]?[0-9]{1,3})?");

  /** Beyond this a short text would be digits without an end. */
  private static final int MOST_SCALE = 1_000;

  private JsonValue() {}

  /** The value of a field's type; {@link Unfit} where it is none. */
  static @Nullable Object read(Field field, @Nullable Object value) {
    if (value == null) {
      return null;
    }
    try {
      ValueType items = field.items();
      return items == null ? read(field.type(), value) : array(items, value);
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException none) {
      return unfit(value);
    }
  }

  private static Object read(ValueType type, Object value) {
    return switch (type) {
      case BOOLEAN -> value instanceof Boolean ? value : unfit(value);
      case LONG -> {
        BigDecimal number = number(value);
        yield number == null ? unfit(value) : number.longValueExact();
      }
      case DECIMAL -> {
        BigDecimal number = number(value);
        yield number == null ? unfit(value) : number;
      }
      case DOUBLE -> {
        BigDecimal number = number(value);
        yield number == null ? unfit(value) : number.doubleValue();
      }
      // Senders write what is a number today as text tomorrow; either is what the field holds.
      case STRING ->
          value instanceof String
              ? value
              : value instanceof BigDecimal number ? number.toPlainString() : unfit(value);
      case JSON -> new Json(Tree.text(value));
      default -> value instanceof String text ? ofText(type, text) : unfit(value);
    };
  }

  private static Object ofText(ValueType type, String text) {
    return switch (type) {
      case BYTES -> Base64.getDecoder().decode(text);
      case DATE -> LocalDate.parse(text);
      case TIME -> LocalTime.parse(text).truncatedTo(ChronoUnit.MICROS);
      case TIMESTAMP -> time(text);
      case UUID -> UUID.fromString(text);
      default -> throw new IllegalArgumentException(type + " is read otherwise");
    };
  }

  private static Instant time(String text) {
    return OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MICROS);
  }

  private static @Nullable BigDecimal number(Object value) {
    BigDecimal number =
        value instanceof BigDecimal given
            ? given
            : value instanceof String text && DECIMAL.matcher(text).matches()
                ? new BigDecimal(text)
                : null;
    return number == null || Math.abs((long) number.scale()) > MOST_SCALE ? null : number;
  }

  private static Object array(ValueType type, Object value) {
    if (!(value instanceof List<?> items)) {
      return unfit(value);
    }
    @Nullable Object[] array = new @Nullable Object[items.size()];
    for (int i = 0; i < array.length; i++) {
      Object item = items.get(i);
      array[i] = item == null ? null : read(type, item);
      if (array[i] instanceof Unfit) {
        return unfit(value);
      }
    }
    return array;
  }

  private static Unfit unfit(Object value) {
    return value instanceof Map || value instanceof List
        ? new Unfit("value of another kind")
        : Unfit.of(value);
  }
}
