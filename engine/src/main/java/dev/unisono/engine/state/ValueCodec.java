package dev.unisono.engine.state;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as bytes and reads them again, losslessly: what the journal and the records are
 * kept in. A value is one tag byte and then its content; the type comes from the schema. Has no
 * state; safe for threads.
 */
public final class ValueCodec {
  /** Beyond what any reader of JSON takes; what is damaged could nest until the stack is full. */
  private static final int DEEPEST = 1_000;

  private static final int NULL = 0;
  private static final int UNCHANGED = 1;
  private static final int PLAIN = 2;

  /** A decimal too wide for the compact form, or one of the values that are no number. */
  private static final int WIDE = 3;

  private static final int NOT_A_NUMBER = 4;

  /** An end of time: DATE or TIMESTAMP beyond everything. */
  private static final int MAXIMUM = 5;

  private static final int MINIMUM = 6;

  /** An element of an array that is an array of the same items itself. */
  private static final int NESTED = 7;

  private ValueCodec() {}

  /** Writes the value of a field, an array too. */
  public static void write(Bytes out, Field field, @Nullable Object value) {
    ValueType items = field.items();
    if (items != null && value instanceof Object[] array) {
      writeArray(plain(out), items, array);
    } else {
      write(out, field.type(), value);
    }
  }

  private static void writeArray(Bytes out, ValueType items, @Nullable Object[] array) {
    out.writeUnsigned(array.length);
    for (Object element : array) {
      if (element instanceof Object[] nested) {
        out.writeByte(NESTED);
        writeArray(out, items, nested);
      } else {
        write(out, items, element);
      }
    }
  }

  /** Writes a single value. */
  public static void write(Bytes out, ValueType type, @Nullable Object value) {
    if (value == null) {
      out.writeByte(NULL);
    } else if (value == Unchanged.UNCHANGED) {
      out.writeByte(UNCHANGED);
    } else {
      writePresent(out, type, value);
    }
  }

  private static void writePresent(Bytes out, ValueType type, Object value) {
    switch (type) {
      case BOOLEAN -> plain(out).writeByte((Boolean) value ? 1 : 0);
      case LONG -> plain(out).writeSigned((Long) value);
      case DECIMAL -> writeDecimal(out, value);
      case DOUBLE -> plain(out).writeFixedLong(Double.doubleToRawLongBits((Double) value));
      case STRING -> plain(out).writeText((String) value);
      case BYTES -> plain(out).writeBytes((byte[]) value);
      case DATE -> {
        if (value.equals(LocalDate.MAX) || value.equals(LocalDate.MIN)) {
          out.writeByte(value.equals(LocalDate.MAX) ? MAXIMUM : MINIMUM);
        } else {
          plain(out).writeSigned(((LocalDate) value).toEpochDay());
        }
      }
      case TIME -> plain(out).writeSigned(((LocalTime) value).toNanoOfDay());
      case TIMESTAMP -> {
        if (value.equals(Instant.MAX) || value.equals(Instant.MIN)) {
          out.writeByte(value.equals(Instant.MAX) ? MAXIMUM : MINIMUM);
        } else {
          Instant instant = (Instant) value;
          plain(out).writeSigned(instant.getEpochSecond());
          out.writeUnsigned(instant.getNano());
        }
      }
      case UUID -> {
        plain(out).writeFixedLong(((UUID) value).getMostSignificantBits());
        out.writeFixedLong(((UUID) value).getLeastSignificantBits());
      }
      case JSON -> plain(out).writeText(((Json) value).text());
      case ARRAY -> throw new IllegalArgumentException("an array is written by its field");
    }
  }

  private static Bytes plain(Bytes out) {
    out.writeByte(PLAIN);
    return out;
  }

  private static void writeDecimal(Bytes out, Object value) {
    if (value instanceof Double special) {
      out.writeByte(NOT_A_NUMBER);
      out.writeFixedLong(Double.doubleToRawLongBits(special));
      return;
    }
    BigDecimal decimal = (BigDecimal) value;
    BigInteger unscaled = decimal.unscaledValue();
    if (unscaled.bitLength() < 64) {
      plain(out).writeSigned(unscaled.longValueExact());
    } else {
      out.writeByte(WIDE);
      out.writeBytes(unscaled.toByteArray());
    }
    out.writeSigned(decimal.scale());
  }

  /**
   * Reads the value of a field, an array too.
   *
   * @param items the type of an array's elements; null for single values
   */
  public static @Nullable Object read(Bytes in, ValueType type, @Nullable ValueType items) {
    int tag = in.readByte();
    return items != null && tag == PLAIN ? readArray(in, items, 0) : read(in, tag, type);
  }

  private static @Nullable Object[] readArray(Bytes in, ValueType items, int depth) {
    if (depth > DEEPEST) {
      throw new IllegalStateException("an array in too many others");
    }
    @Nullable Object[] array = new @Nullable Object[in.readCount()];
    for (int i = 0; i < array.length; i++) {
      int tag = in.readByte();
      array[i] = tag == NESTED ? readArray(in, items, depth + 1) : read(in, tag, items);
    }
    return array;
  }

  /** Reads a single value. */
  public static @Nullable Object read(Bytes in, ValueType type) {
    return read(in, in.readByte(), type);
  }

  private static @Nullable Object read(Bytes in, int tag, ValueType type) {
    return switch (tag) {
      case NULL -> null;
      case UNCHANGED -> Unchanged.UNCHANGED;
      case PLAIN -> readPlain(in, type);
      case WIDE -> new BigDecimal(new BigInteger(in.readBytes()), (int) in.readSigned());
      case NOT_A_NUMBER -> Double.longBitsToDouble(in.readFixedLong());
      case MAXIMUM -> type == ValueType.DATE ? LocalDate.MAX : Instant.MAX;
      case MINIMUM -> type == ValueType.DATE ? LocalDate.MIN : Instant.MIN;
      default -> throw new IllegalStateException("no such value tag: " + tag);
    };
  }

  private static Object readPlain(Bytes in, ValueType type) {
    return switch (type) {
      case BOOLEAN -> in.readByte() == 1;
      case LONG -> in.readSigned();
      case DECIMAL -> {
        long unscaled = in.readSigned();
        yield BigDecimal.valueOf(unscaled, (int) in.readSigned());
      }
      case DOUBLE -> Double.longBitsToDouble(in.readFixedLong());
      case STRING -> in.readText();
      case BYTES -> in.readBytes();
      case DATE -> LocalDate.ofEpochDay(in.readSigned());
      case TIME -> LocalTime.ofNanoOfDay(in.readSigned());
      case TIMESTAMP -> {
        long second = in.readSigned();
        yield Instant.ofEpochSecond(second, in.readUnsigned());
      }
      case UUID -> {
        long most = in.readFixedLong();
        yield new UUID(most, in.readFixedLong());
      }
      case JSON -> new Json(in.readText());
      case ARRAY -> throw new IllegalStateException("an array is read by its items");
    };
  }
}
