package dev.unisono.csv;

import dev.unisono.spi.Json;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.UUID;
import java.util.regex.Pattern;

/** Makes values of the texts in a file, and texts of values. Has no state. */
final class CsvValue {
  /** Java itself would take blanks around it, and letters behind it. */
  private static final Pattern DOUBLE =
      Pattern.compile("NaN|-?Infinity|-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?");

  /** With a short exponent: by a long one a short text would be digits without an end. */
  private static final Pattern DECIMAL =
      Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]{1,3})?");

  private CsvValue() {}

  /** The value that a text stands for; {@link Unfit} where it is none of the type. */
  static Object read(ValueType type, String text) {
    try {
      return switch (type) {
        case BOOLEAN ->
            switch (text) {
              case "true" -> true;
              case "false" -> false;
              default -> Unfit.of(text);
            };
        case LONG -> Long.valueOf(text);
        case DECIMAL -> DECIMAL.matcher(text).matches() ? new BigDecimal(text) : Unfit.of(text);
        case DOUBLE -> DOUBLE.matcher(text).matches() ? Double.valueOf(text) : Unfit.of(text);
        case STRING -> text;
        case BYTES -> Base64.getDecoder().decode(text);
        case DATE -> LocalDate.parse(text);
        case TIME -> LocalTime.parse(text).truncatedTo(ChronoUnit.MICROS);
        case TIMESTAMP -> Instant.parse(text).truncatedTo(ChronoUnit.MICROS);
        case UUID -> UUID.fromString(text);
        case JSON -> new Json(text);
        case ARRAY -> Unfit.of(text);
      };
    } catch (IllegalArgumentException | DateTimeException none) {
      return Unfit.of(text);
    }
  }

  /** The text of a value; reading it gives the value again. */
  static String write(Object value) {
    return switch (value) {
      case BigDecimal decimal -> decimal.toPlainString();
      case byte[] bytes -> Base64.getEncoder().encodeToString(bytes);
      case Json json -> json.text();
      default -> value.toString();
    };
  }
}
