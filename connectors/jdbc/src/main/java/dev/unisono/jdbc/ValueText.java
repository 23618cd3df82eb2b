package dev.unisono.jdbc;

import dev.unisono.spi.Json;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.chrono.IsoChronology;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import java.util.UUID;

/**
 * The text form of values: of dates and times that of SQL (ISO 8601 with a space), a time of the
 * world in UTC and without a zone, so that the order of the texts is that of the times. Has no
 * state.
 */
final class ValueText {
  private static final String INFINITY = "infinity";
  private static final String MINUS_INFINITY = "-infinity";

  /** More than PostgreSQL has, and as many as callers may send. */
  private static final int LARGEST_SCALE = 20_000;

  private static final DateTimeFormatter TIME =
      new DateTimeFormatterBuilder()
          .appendPattern("HH:mm")
          .optionalStart()
          .appendPattern(":ss")
          .optionalStart()
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
          .toFormatter(java.util.Locale.ROOT)
          .withResolverStyle(ResolverStyle.STRICT);

  private static final DateTimeFormatter STAMP =
      new DateTimeFormatterBuilder()
          .append(DateTimeFormatter.ISO_LOCAL_DATE)
          .appendLiteral(' ')
          .append(TIME)
          .toFormatter(java.util.Locale.ROOT)
          .withChronology(IsoChronology.INSTANCE)
          .withResolverStyle(ResolverStyle.STRICT);

  private static final DateTimeFormatter ZONED =
      new DateTimeFormatterBuilder()
          .append(STAMP)
          .appendOffset("+HH:mm", "Z")
          .toFormatter(java.util.Locale.ROOT)
          .withChronology(IsoChronology.INSTANCE)
          .withResolverStyle(ResolverStyle.STRICT);

  private ValueText() {}

  /** The text of a value that is not null. */
  static String write(Object value) {
    return switch (value) {
      case BigDecimal number -> number.toPlainString();
      case LocalDate date when date.equals(LocalDate.MAX) -> INFINITY;
      case LocalDate date when date.equals(LocalDate.MIN) -> MINUS_INFINITY;
      case LocalTime time -> TIME.format(time);
      case Instant time when time.equals(Instant.MAX) -> INFINITY;
      case Instant time when time.equals(Instant.MIN) -> MINUS_INFINITY;
      case Instant time -> STAMP.format(LocalDateTime.ofInstant(time, ZoneOffset.UTC));
      case Json json -> json.text();
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      default -> value.toString();
    };
  }

  /**
   * The value of a text.
   *
   * @throws java.time.DateTimeException where it is no date or time
   * @throws IllegalArgumentException where it is no value of the type otherwise
   */
  static Object read(ValueType type, String text) {
    return switch (type) {
      case BOOLEAN -> Boolean.valueOf(text);
      case LONG -> Long.valueOf(text);
      case DECIMAL -> decimal(text);
      case DOUBLE -> Double.valueOf(text);
      case STRING -> text;
      case BYTES -> HexFormat.of().parseHex(text);
      case DATE -> date(text);
      case TIME -> LocalTime.parse(text, TIME);
      case TIMESTAMP -> timestamp(text);
      case UUID -> uuid(text);
      case JSON -> new Json(text);
      case ARRAY -> throw new IllegalArgumentException("an array");
    };
  }

  /** As PostgreSQL and others have them, too, numbers that are none. */
  private static Object decimal(String text) {
    return switch (text) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> bounded(new BigDecimal(text));
    };
  }

  /**
   * A number that can be written digit by digit: a few letters must not become one that fills the
   * memory.
   *
   * @throws IllegalArgumentException where it has too many digits, before or behind its point
   */
  static BigDecimal bounded(BigDecimal number) {
    if (Math.abs((long) number.scale()) > LARGEST_SCALE) {
      throw new NumberFormatException("too many digits");
    }
    return number;
  }

  private static LocalDate date(String text) {
    return switch (text) {
      case INFINITY -> LocalDate.MAX;
      case MINUS_INFINITY -> LocalDate.MIN;
      default -> LocalDate.parse(text);
    };
  }

  private static Instant timestamp(String text) {
    return switch (text) {
      case INFINITY -> Instant.MAX;
      case MINUS_INFINITY -> Instant.MIN;
      default -> {
        String spaced = text.replace('T', ' ');
        boolean zoned = spaced.endsWith("Z") || spaced.lastIndexOf('+') > 0 || offset(spaced);
        yield zoned
            ? OffsetDateTime.parse(spaced, ZONED).toInstant()
            : LocalDateTime.parse(spaced, STAMP).toInstant(ZoneOffset.UTC);
      }
    };
  }

  /** A minus behind the time of the day. */
  private static boolean offset(String spaced) {
    return spaced.lastIndexOf('-') > spaced.indexOf(' ') && spaced.indexOf(' ') > 0;
  }

  /** Java would take shorter ones. */
  private static UUID uuid(String text) {
    if (text.length() != 36) {
      throw new IllegalArgumentException("no UUID: " + text);
    }
    return UUID.fromString(text);
  }
}
