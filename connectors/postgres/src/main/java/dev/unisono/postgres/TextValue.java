package dev.unisono.postgres;

import dev.unisono.spi.Json;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.HexFormat;
import java.util.UUID;

/**
 * PostgreSQL's text form of values (ISO dates, UTC or any offset, hexadecimal bytea), read from
 * bytes as they arrive and written for statements. Has no state; safe for threads.
 */
final class TextValue {
  private static final int LONGEST_LONG = 18;
  private static final int LARGEST_PLAIN_SCALE = 1_000;
  private static final int LARGEST_SCALE = 20_000;

  /** How long a date with a year of four digits is, and a timestamp without its fraction. */
  private static final int PLAIN_DATE = 10;

  private static final int PLAIN_TIMESTAMP = 19;

  private static final long SECONDS_A_DAY = 86_400;

  private TextValue() {}

  static Object read(ValueType type, byte[] bytes, int from, int length) {
    return switch (type) {
      case BOOLEAN -> bytes[from] == 't';
      case LONG -> readLong(bytes, from, length);
      case DECIMAL -> readDecimal(bytes, from, length);
      case DOUBLE -> Double.parseDouble(text(bytes, from, length));
      case STRING -> text(bytes, from, length);
      case BYTES -> HexFormat.of().parseHex(ascii(bytes, from + 2, length - 2));
      case DATE -> readDate(bytes, from, length);
      case TIME -> readTime(ascii(bytes, from, length));
      case TIMESTAMP -> readTimestamp(bytes, from, length);
      case UUID -> UUID.fromString(ascii(bytes, from, length));
      case JSON -> new Json(text(bytes, from, length));
      case ARRAY -> throw new IllegalArgumentException("an array is read by its column");
    };
  }

  private static String text(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.UTF_8);
  }

  private static String ascii(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
  }

  private static Long readLong(byte[] bytes, int from, int length) {
    if (length > LONGEST_LONG) {
      return Long.parseLong(ascii(bytes, from, length));
    }
    boolean negative = bytes[from] == '-';
    long value = 0;
    for (int i = negative ? from + 1 : from; i < from + length; i++) {
      value = value * 10 + (bytes[i] - '0');
    }
    return negative ? -value : value;
  }

  private static Object readDecimal(byte[] bytes, int from, int length) {
    byte last = bytes[from + length - 1];
    if (last == 'N') {
      return Double.NaN;
    }
    if (last == 'y') {
      return bytes[from] == '-' ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (length > LONGEST_LONG) {
      return decimal(ascii(bytes, from, length));
    }
    boolean negative = bytes[from] == '-';
    long unscaled = 0;
    int point = -1;
    for (int i = negative ? from + 1 : from; i < from + length; i++) {
      byte digit = bytes[i];
      if (digit == '.') {
        point = i;
      } else if (digit >= '0' && digit <= '9') {
        unscaled = unscaled * 10 + (digit - '0');
      } else {
        return decimal(ascii(bytes, from, length));
      }
    }
    int scale = point < 0 ? 0 : from + length - 1 - point;
    return BigDecimal.valueOf(negative ? -unscaled : unscaled, scale);
  }

  /** Beyond every number of PostgreSQL: a few letters must not become one that fills the memory. */
  private static BigDecimal decimal(String text) {
    BigDecimal number = new BigDecimal(text);
    if (Math.abs((long) number.scale()) > LARGEST_SCALE) {
      throw new NumberFormatException("too many digits");
    }
    return number;
  }

  private static LocalDate readDate(byte[] bytes, int from, int length) {
    return length == PLAIN_DATE && bytes[from + 4] == '-'
        ? plainDate(bytes, from)
        : readDate(ascii(bytes, from, length));
  }

  /** A date with a year of four digits, as nearly all have. */
  private static LocalDate plainDate(byte[] bytes, int from) {
    int year = 100 * number(bytes, from) + number(bytes, from + 2);
    return LocalDate.of(year, number(bytes, from + 5), number(bytes, from + 8));
  }

  private static int number(byte[] bytes, int from) {
    return (bytes[from] - '0') * 10 + (bytes[from + 1] - '0');
  }

  private static LocalDate readDate(String text) {
    if (text.equals("infinity")) {
      return LocalDate.MAX;
    }
    if (text.equals("-infinity")) {
      return LocalDate.MIN;
    }
    boolean beforeChrist = text.endsWith(" BC");
    int yearEnd = text.indexOf('-', 1);
    int year = Integer.parseInt(text, 0, yearEnd, 10);
    int month = number(text, yearEnd + 1);
    int day = number(text, yearEnd + 4);
    return LocalDate.of(beforeChrist ? 1 - year : year, month, day);
  }

  private static int number(String text, int from) {
    return (text.charAt(from) - '0') * 10 + (text.charAt(from + 1) - '0');
  }

  private static LocalTime readTime(String text) {
    // PostgreSQL alone has a 24:00:00; it is the end of the day, which Java writes as its last
    // tick.
    return text.startsWith("24:")
        ? LocalTime.MAX.with(ChronoField.NANO_OF_SECOND, 999_999_000)
        : time(text, 0, text.length());
  }

  private static LocalTime time(String text, int from, int to) {
    int nanos = 0;
    int digits = 0;
    for (int i = from + 9; i < to; i++, digits++) {
      nanos = nanos * 10 + (text.charAt(i) - '0');
    }
    for (; digits < 9; digits++) {
      nanos *= 10;
    }
    return LocalTime.of(number(text, from), number(text, from + 3), number(text, from + 6), nanos);
  }

  /** Nearly all have a year of four digits and are in UTC: read as they stand there. */
  private static Instant readTimestamp(byte[] bytes, int from, int length) {
    int end = from + length;
    if (length > PLAIN_TIMESTAMP
        && bytes[end - 3] == '+'
        && bytes[end - 2] == '0'
        && bytes[end - 1] == '0') {
      end -= 3;
    }
    int point = from + PLAIN_TIMESTAMP;
    boolean plain =
        end >= point
            && bytes[from + 4] == '-'
            && bytes[from + PLAIN_DATE] == ' '
            && (end == point || bytes[point] == '.');
    int nanos = plain ? nanos(bytes, point + 1, end) : -1;
    if (nanos < 0) {
      return readTimestamp(ascii(bytes, from, length));
    }
    long minutes =
        (plainDate(bytes, from).toEpochDay() * 24 + number(bytes, from + 11)) * 60
            + number(bytes, from + 14);
    return Instant.ofEpochSecond(minutes * 60 + number(bytes, from + 17), nanos);
  }

  /** The digits of a fraction of a second; negative where something else stands among them. */
  private static int nanos(byte[] bytes, int from, int end) {
    int nanos = 0;
    int digits = 0;
    for (int i = from; i < end; i++, digits++) {
      if (bytes[i] < '0' || bytes[i] > '9') {
        return -1;
      }
      nanos = nanos * 10 + (bytes[i] - '0');
    }
    for (; digits < 9; digits++) {
      nanos *= 10;
    }
    return nanos;
  }

  private static Instant readTimestamp(String text) {
    if (text.equals("infinity")) {
      return Instant.MAX;
    }
    if (text.equals("-infinity")) {
      return Instant.MIN;
    }
    boolean beforeChrist = text.endsWith(" BC");
    int dateEnd = text.indexOf(' ');
    LocalDate date = readDate(text.substring(0, dateEnd) + (beforeChrist ? " BC" : ""));
    int end = beforeChrist ? text.length() - 3 : text.length();
    int zone = dateEnd + 9;
    while (zone < end && text.charAt(zone) != '+' && text.charAt(zone) != '-') {
      zone++;
    }
    LocalTime time = time(text, dateEnd + 1, zone);
    ZoneOffset offset = zone == end ? ZoneOffset.UTC : ZoneOffset.of(text.substring(zone, end));
    return LocalDateTime.of(date, time).toInstant(offset);
  }

  /** A value as PostgreSQL reads it in a literal of its type. */
  static String write(Object value) {
    return switch (value) {
      case String text -> text;
      // Far from one, it would be written with as many digits as its exponent says.
      case BigDecimal decimal ->
          decimal.scale() < -LARGEST_PLAIN_SCALE || decimal.scale() > LARGEST_PLAIN_SCALE
              ? decimal.toString()
              : decimal.toPlainString();
      case Double number -> writeDouble(number);
      case Json json -> json.text();
      case byte[] bytes -> "\\x" + HexFormat.of().formatHex(bytes);
      case LocalDate date -> writeDate(date);
      case Instant instant -> write(new StringBuilder(), instant).toString();
      default -> value.toString();
    };
  }

  private static String writeDouble(Double number) {
    if (number.isInfinite()) {
      return number > 0 ? "Infinity" : "-Infinity";
    }
    return number.toString();
  }

  private static String writeDate(LocalDate date) {
    if (date.equals(LocalDate.MAX) || date.equals(LocalDate.MIN)) {
      return date.equals(LocalDate.MAX) ? "infinity" : "-infinity";
    }
    StringBuilder out = new StringBuilder(13);
    return writeEra(writeDay(out, date), date).toString();
  }

  private static StringBuilder writeDay(StringBuilder out, LocalDate date) {
    int year = date.getYear();
    pad(out, year > 0 ? year : 1 - year, 1_000).append('-');
    pad(out, date.getMonthValue(), 10).append('-');
    return pad(out, date.getDayOfMonth(), 10);
  }

  private static StringBuilder writeEra(StringBuilder out, LocalDate date) {
    return date.getYear() > 0 ? out : out.append(" BC");
  }

  /** A number of as many digits as another one has, or more. */
  private static StringBuilder pad(StringBuilder out, int number, int asLongAs) {
    for (int least = asLongAs; least > number && least > 1; least /= 10) {
      out.append('0');
    }
    return out.append(number);
  }

  /** A moment in UTC, appended to a text. */
  static StringBuilder write(StringBuilder out, Instant instant) {
    if (instant.equals(Instant.MAX) || instant.equals(Instant.MIN)) {
      return out.append(instant.equals(Instant.MAX) ? "infinity" : "-infinity");
    }
    long second = instant.getEpochSecond();
    LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(second, SECONDS_A_DAY));
    int ofDay = (int) Math.floorMod(second, SECONDS_A_DAY);
    pad(writeDay(out, date).append(' '), ofDay / 3_600, 10).append(':');
    pad(out, ofDay / 60 % 60, 10).append(':');
    pad(out, ofDay % 60, 10);
    int nanos = instant.getNano();
    if (nanos % 1_000 != 0) {
      pad(out.append('.'), nanos, 100_000_000);
    } else if (nanos != 0) {
      pad(out.append('.'), nanos / 1_000, 100_000);
    }
    return writeEra(out.append("+00"), date);
  }
}
