package dev.unisono.engine.record;

import dev.unisono.spi.Key;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Values as bytes whose order, byte by unsigned byte, is the order of the values: what records are
 * found, filtered and sorted by. Equal values have equal bytes, whatever a decimal's scale. Text is
 * ordered by code point. Null is absent, and comes first. Has no state; safe for threads.
 */
final class OrderedBytes {
  private OrderedBytes() {}

  /** Types that have an order. */
  static boolean ordered(ValueType type) {
    return type != ValueType.JSON && type != ValueType.ARRAY;
  }

  static byte[] key(Schema schema, Key key) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(16 * key.size());
    for (int i = 0; i < key.size(); i++) {
      write(out, schema.field(schema.keyPosition(i)).type(), key.part(i));
    }
    return out.toByteArray();
  }

  static byte @Nullable [] value(ValueType type, @Nullable Object value) {
    if (value == null) {
      return null;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(16);
    write(out, type, value);
    return out.toByteArray();
  }

  /** The bytes of a text. */
  static byte[] text(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() + 2);
    writeTerminated(out, text.getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  /** What the bytes of every text that begins so begin with. */
  static byte[] beginning(String text) {
    byte[] whole = text(text);
    return Arrays.copyOf(whole, whole.length - 2);
  }

  private static void write(ByteArrayOutputStream out, ValueType type, Object value) {
    switch (type) {
      case BOOLEAN -> out.write((Boolean) value ? 1 : 0);
      case LONG -> writeLong(out, (Long) value);
      case DECIMAL -> writeDecimal(out, value);
      case DOUBLE -> writeDouble(out, (Double) value);
      case STRING -> writeTerminated(out, ((String) value).getBytes(StandardCharsets.UTF_8));
      case BYTES -> writeTerminated(out, (byte[]) value);
      case DATE -> writeLong(out, ((LocalDate) value).toEpochDay());
      case TIME -> writeLong(out, ((LocalTime) value).toNanoOfDay());
      case TIMESTAMP -> {
        Instant instant = (Instant) value;
        writeLong(out, instant.getEpochSecond());
        out.writeBytes(ByteBuffer.allocate(4).putInt(instant.getNano()).array());
      }
      case UUID -> {
        out.writeBytes(fixed(((UUID) value).getMostSignificantBits()));
        out.writeBytes(fixed(((UUID) value).getLeastSignificantBits()));
      }
      case JSON, ARRAY -> throw new IllegalArgumentException(type + " has no order");
    }
  }

  private static byte[] fixed(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  private static void writeLong(ByteArrayOutputStream out, long value) {
    out.writeBytes(fixed(value ^ Long.MIN_VALUE));
  }

  private static void writeDouble(ByteArrayOutputStream out, double value) {
    long bits = Double.doubleToLongBits(value == 0 ? 0.0 : value);
    out.writeBytes(fixed(bits < 0 ? ~bits : bits ^ Long.MIN_VALUE));
  }

  /** A zero inside is written 00 FF, the end 00 00: a text comes before what continues it. */
  private static void writeTerminated(ByteArrayOutputStream out, byte[] value) {
    for (byte b : value) {
      out.write(b);
      if (b == 0) {
        out.write(0xFF);
      }
    }
    out.write(0);
    out.write(0);
  }

  /** Sign, exponent of ten, digits; all but the sign inverted for negative numbers. */
  private static void writeDecimal(ByteArrayOutputStream out, Object value) {
    if (value instanceof Double special) {
      out.write(special.isNaN() ? 0xFF : special > 0 ? 0xFE : 0x01);
      return;
    }
    BigDecimal decimal = ((BigDecimal) value).stripTrailingZeros();
    if (decimal.signum() == 0) {
      out.write(0x80);
      return;
    }
    out.write(decimal.signum() > 0 ? 0xC0 : 0x40);
    byte[] digits = decimal.unscaledValue().abs().toString().getBytes(StandardCharsets.US_ASCII);
    int exponent = decimal.precision() - decimal.scale();
    ByteBuffer rest = ByteBuffer.allocate(5 + digits.length);
    rest.putInt(exponent ^ Integer.MIN_VALUE).put(digits).put((byte) 0);
    for (byte b : rest.array()) {
      out.write(decimal.signum() > 0 ? b : ~b);
    }
  }
}
