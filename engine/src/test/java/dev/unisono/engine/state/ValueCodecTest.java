package dev.unisono.engine.state;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ValueCodecTest {
  private static final Map<ValueType, List<Object>> VALUES =
      Map.ofEntries(
          Map.entry(ValueType.BOOLEAN, List.of(true, false)),
          Map.entry(
              ValueType.LONG, List.of(0L, 1L, -1L, 63L, 64L, -65L, Long.MAX_VALUE, Long.MIN_VALUE)),
          Map.entry(
              ValueType.DECIMAL,
              List.of(
                  BigDecimal.ZERO,
                  new BigDecimal("0.00"),
                  new BigDecimal("-1.50"),
                  new BigDecimal("1E+20"),
                  new BigDecimal("1E-20"),
                  BigDecimal.valueOf(Long.MAX_VALUE, 5),
                  BigDecimal.valueOf(Long.MIN_VALUE, -5),
                  new BigDecimal(BigInteger.ONE.shiftLeft(63), 2),
                  new BigDecimal(BigInteger.ONE.shiftLeft(63).negate(), 2),
                  new BigDecimal(BigInteger.ONE.shiftLeft(63).negate().subtract(BigInteger.ONE)),
                  new BigDecimal("9".repeat(2_000) + "." + "1".repeat(500)).negate(),
                  new BigDecimal(BigInteger.ONE, Integer.MAX_VALUE),
                  new BigDecimal(BigInteger.ONE, Integer.MIN_VALUE),
                  Double.NaN,
                  Double.POSITIVE_INFINITY,
                  Double.NEGATIVE_INFINITY)),
          Map.entry(
              ValueType.DOUBLE,
              List.of(
                  0.0,
                  -0.0,
                  Double.MIN_VALUE,
                  Double.MAX_VALUE,
                  -1.5,
                  Double.NaN,
                  Double.POSITIVE_INFINITY,
                  Double.NEGATIVE_INFINITY)),
          Map.entry(
              ValueType.STRING,
              List.of("", "a", "ä\u0000ö", "\uD83D\uDE00 and \uFFFF", "x".repeat(100_000))),
          Map.entry(
              ValueType.BYTES,
              List.of(new byte[0], new byte[] {0, -1, 127, -128}, new byte[100_000])),
          Map.entry(
              ValueType.DATE,
              List.of(
                  LocalDate.EPOCH,
                  LocalDate.of(-4712, 1, 1),
                  LocalDate.of(5_874_897, 12, 31),
                  LocalDate.MAX.minusDays(1),
                  LocalDate.MIN.plusDays(1),
                  LocalDate.MAX,
                  LocalDate.MIN)),
          Map.entry(
              ValueType.TIME,
              List.of(LocalTime.MIDNIGHT, LocalTime.of(23, 59, 59, 999_999_000), LocalTime.NOON)),
          Map.entry(
              ValueType.TIMESTAMP,
              List.of(
                  Instant.EPOCH,
                  Instant.parse("1969-12-31T23:59:59.999999Z"),
                  Instant.parse("-4712-01-01T00:00:00Z"),
                  Instant.parse("+294276-12-31T23:59:59.999999Z"),
                  Instant.MAX.minusNanos(1_000),
                  Instant.MIN.plusNanos(1_000),
                  Instant.MAX,
                  Instant.MIN)),
          Map.entry(
              ValueType.UUID,
              List.of(
                  new UUID(0, 0),
                  new UUID(-1, -1),
                  UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"))),
          Map.entry(
              ValueType.JSON, List.of(new Json("null"), new Json("{\"a\": [1, 2.50, \"ü\"]}"))));

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "ARRAY")
  void readsBackEveryValueAsItWas(ValueType type) {
    for (Object value : VALUES.getOrDefault(type, List.of())) {
      same(value, written(type, value));
    }
    assertTrue(VALUES.containsKey(type));
  }

  @ParameterizedTest
  @EnumSource
  void keepsNullAndUnchangedApart(ValueType type) {
    assertNull(written(type, null));
    assertSame(Unchanged.UNCHANGED, written(type, Unchanged.UNCHANGED));
  }

  @Test
  void readsValuesOneAfterAnotherAsTheyWereWritten() {
    Random random = new Random(7);
    List<ValueType> types = new ArrayList<>();
    List<@Nullable Object> values = new ArrayList<>();
    Bytes bytes = new Bytes(1);
    for (int i = 0; i < 5_000; i++) {
      List<ValueType> known = VALUES.keySet().stream().sorted().toList();
      ValueType type = known.get(random.nextInt(known.size()));
      List<Object> candidates = VALUES.getOrDefault(type, List.of());
      int choice = random.nextInt(Math.min(4, candidates.size()) + 2);
      Object value =
          choice == 0 ? null : choice == 1 ? Unchanged.UNCHANGED : candidates.get(choice - 2);
      types.add(type);
      values.add(value);
      ValueCodec.write(bytes, type, value);
    }
    Bytes in = new Bytes(bytes.toByteArray());
    for (int i = 0; i < types.size(); i++) {
      same(values.get(i), ValueCodec.read(in, types.get(i)));
    }
    assertTrue(in.exhausted());
  }

  @Test
  void readsArraysOfEveryTypeAndDimensionAsTheyWereWritten() {
    VALUES.forEach((type, values) -> {
      Field field = new Field("f", ValueType.ARRAY, type, false);
      Object[] flat = Stream.concat(values.stream(), Stream.of((Object) null)).toArray();
      for (Object[] array :
          new Object[][] {
            flat,
            {},
            {null},
            {flat, flat},
            {new Object[] {flat, new Object[] {}}, new Object[] {new Object[] {}, new Object[] {}}}
          }) {
        Bytes bytes = new Bytes(4);
        ValueCodec.write(bytes, field, array);
        ValueCodec.write(bytes, field, Unchanged.UNCHANGED);
        ValueCodec.write(bytes, field, null);
        Bytes in = new Bytes(bytes.toByteArray());
        assertTrue(
            Arrays.deepEquals(array, (Object[]) ValueCodec.read(in, ValueType.ARRAY, type)),
            () -> type + " " + Arrays.deepToString(array));
        assertSame(Unchanged.UNCHANGED, ValueCodec.read(in, ValueType.ARRAY, type));
        assertNull(ValueCodec.read(in, ValueType.ARRAY, type));
        assertTrue(in.exhausted());
      }
    });
  }

  @Test
  void refusesAnArrayWithoutItsItems() {
    assertThrows(
        IllegalArgumentException.class,
        () -> ValueCodec.write(new Bytes(16), ValueType.ARRAY, new Object[] {1L}));
  }

  @Test
  void refusesATagThatNobodyWrites() {
    assertThrows(
        IllegalStateException.class,
        () -> ValueCodec.read(new Bytes(new byte[] {99}), ValueType.LONG));
  }

  @Test
  void numbersOfEveryLengthAreReadBack() {
    Bytes bytes = new Bytes(1);
    for (int bit = 0; bit < 64; bit++) {
      long edge = 1L << bit;
      for (long number : new long[] {edge, edge - 1, -edge}) {
        bytes.writeUnsigned(number);
        bytes.writeSigned(number);
        bytes.writeFixedLong(number);
      }
    }
    for (int bit = 0; bit < 64; bit++) {
      long edge = 1L << bit;
      for (long number : new long[] {edge, edge - 1, -edge}) {
        assertEquals(number, bytes.readUnsigned());
        assertEquals(number, bytes.readSigned());
        assertEquals(number, bytes.readFixedLong());
      }
    }
    assertTrue(bytes.exhausted());
  }

  private static @Nullable Object written(ValueType type, @Nullable Object value) {
    Bytes bytes = new Bytes(4);
    ValueCodec.write(bytes, type, value);
    Bytes in = new Bytes(bytes.toByteArray());
    Object read = ValueCodec.read(in, type);
    assertTrue(in.exhausted(), "all of " + type + " is read");
    return read;
  }

  /** Equal in value and in representation: 1.50 is not 1.5 here, and -0.0 not 0.0. */
  private static void same(@Nullable Object expected, @Nullable Object found) {
    if (expected instanceof byte[] bytes) {
      assertArrayEquals(bytes, (byte[]) found);
    } else {
      assertEquals(expected, found);
    }
  }
}
