package dev.unisono.mariadb;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/** Makes a field's value of what the Debezium engine gives. Has no state; safe for threads. */
final class LogValues {
  private LogValues() {}

  /**
   * @param given not null
   * @throws ArithmeticException or another, where the value does not fit the field
   */
  static Object read(Field field, Object given) {
    return switch (field.type()) {
      case BOOLEAN -> given instanceof Boolean flag ? flag : ((Number) given).longValue() != 0;
      case LONG -> integer(given);
      case DECIMAL -> decimal(given);
      case DOUBLE ->
          given instanceof Float single ? Exact.ofSingle(single) : ((Number) given).doubleValue();
      case STRING -> given instanceof ByteBuffer || given instanceof byte[] ? inet(given) : given;
      case BYTES -> bytes(given);
      case DATE -> LocalDate.ofEpochDay(((Number) given).longValue());
      case TIME -> LocalTime.ofNanoOfDay(Math.multiplyExact((Long) given, 1_000L));
      case TIMESTAMP -> Instant.EPOCH.plus((Long) given, ChronoUnit.MICROS);
      case UUID -> uuid(bytes(given));
      case JSON -> new Json((String) given);
      case ARRAY -> throw new IllegalArgumentException("no column has an array");
    };
  }

  private static Long integer(Object given) {
    return switch (given) {
      case BigDecimal decimal -> decimal.longValueExact();
      case Number number -> number.longValue();
      case Boolean bit -> bit ? 1L : 0L;
      default -> bits(bytes(given));
    };
  }

  /** The engine gives bits the lowest byte first. */
  private static Long bits(byte[] bytes) {
    long value = 0;
    for (int i = bytes.length - 1; i >= 0; i--) {
      value = (value << 8) | (bytes[i] & 0xFF);
    }
    return value;
  }

  private static BigDecimal decimal(Object given) {
    return switch (given) {
      case BigDecimal decimal -> decimal;
      case Float single -> new BigDecimal(Double.toString(Exact.ofSingle(single)));
      case Double number -> new BigDecimal(Double.toString(number));
      default -> BigDecimal.valueOf(((Number) given).longValue());
    };
  }

  private static String inet(Object given) {
    return Exact.inet(bytes(given));
  }

  private static byte[] bytes(Object given) {
    if (given instanceof byte[] bytes) {
      return bytes;
    }
    ByteBuffer buffer = ((ByteBuffer) given).duplicate();
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static UUID uuid(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new UUID(buffer.getLong(), buffer.getLong());
  }
}
