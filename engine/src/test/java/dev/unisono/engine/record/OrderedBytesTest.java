package dev.unisono.engine.record;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Schema;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

final class OrderedBytesTest {
  private final Random random = new Random(20_260_301);

  /** Compares every pair of many values with their bytes, and the bytes' equality with theirs. */
  private <T> void agree(ValueType type, Comparator<T> order, Supplier<T> values) {
    List<T> made = new ArrayList<>();
    List<byte[]> bytes = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      T value = values.get();
      made.add(value);
      bytes.add(Objects.requireNonNull(OrderedBytes.value(type, value)));
    }
    for (int i = 0; i < made.size(); i++) {
      for (int j = 0; j < made.size(); j++) {
        int expected = Integer.signum(order.compare(made.get(i), made.get(j)));
        int found = Integer.signum(Arrays.compareUnsigned(bytes.get(i), bytes.get(j)));
        if (expected != found) {
          assertEquals(expected, found, type + " " + made.get(i) + " and " + made.get(j));
        }
      }
    }
  }

  private long anyLong() {
    return switch (random.nextInt(4)) {
      case 0 -> random.nextInt(5) - 2L;
      case 1 -> random.nextInt(2_000) - 1_000L;
      case 2 -> random.nextBoolean() ? Long.MAX_VALUE : Long.MIN_VALUE;
      default -> random.nextLong();
    };
  }

  private BigDecimal anyDecimal() {
    BigInteger unscaled =
        switch (random.nextInt(4)) {
          case 0 -> BigInteger.valueOf(random.nextInt(11) - 5);
          case 1 -> BigInteger.valueOf(random.nextInt(20_001) - 10_000);
          case 2 -> new BigInteger(200, random).subtract(BigInteger.ONE.shiftLeft(199));
          default -> BigInteger.TEN.pow(random.nextInt(30)).multiply(anySign());
        };
    return new BigDecimal(unscaled, random.nextInt(41) - 20);
  }

  private BigInteger anySign() {
    return BigInteger.valueOf(random.nextBoolean() ? 1 : -1);
  }

  private String anyText() {
    String[] pieces = {
      "\u0000",
      "\u0001",
      "a",
      "b",
      "\u007F",
      "\u0080",
      "é",
      "\u07FF",
      "\uD7FF",
      "\uE000",
      "\uFFFF",
      "\uD800\uDC00",
      "\uD83D\uDE00",
      "\uDBFF\uDFFF"
    };
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  private static int byCodePoint(String one, String other) {
    return Arrays.compare(one.codePoints().toArray(), other.codePoints().toArray());
  }

  private byte[] anyBytes() {
    byte[] values = {0, 1, -1, 127, -128, 42};
    byte[] bytes = new byte[random.nextInt(5)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = values[random.nextInt(values.length)];
    }
    return bytes;
  }

  @Test
  void booleansFalseFirst() {
    agree(ValueType.BOOLEAN, Comparator.<Boolean>naturalOrder(), random::nextBoolean);
  }

  @Test
  void wholeNumbersByValue() {
    agree(ValueType.LONG, Comparator.<Long>naturalOrder(), this::anyLong);
  }

  @Test
  void decimalsByValueAcrossScalesAndSigns() {
    agree(ValueType.DECIMAL, BigDecimal::compareTo, this::anyDecimal);
  }

  @Test
  void decimalsThatAreNoNumbersStandAtTheEndsAndNotANumberLast() {
    List<Object> ascending =
        List.of(
            Double.NEGATIVE_INFINITY,
            new BigDecimal("-1E+900"),
            BigDecimal.ZERO,
            new BigDecimal("1E-900"),
            new BigDecimal("1E+900"),
            Double.POSITIVE_INFINITY,
            Double.NaN);
    ascends(ValueType.DECIMAL, ascending);
  }

  private static void ascends(ValueType type, List<Object> values) {
    for (int i = 1; i < values.size(); i++) {
      byte[] before = Objects.requireNonNull(OrderedBytes.value(type, values.get(i - 1)));
      byte[] after = Objects.requireNonNull(OrderedBytes.value(type, values.get(i)));
      assertEquals(
          -1,
          Integer.signum(Arrays.compareUnsigned(before, after)),
          values.get(i - 1) + " before " + values.get(i));
    }
  }

  @Test
  void doublesByValueWithOneZeroAndNotANumberLast() {
    double[] edges = {
      0.0,
      -0.0,
      Double.MIN_VALUE,
      -Double.MIN_VALUE,
      Double.MAX_VALUE,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.NaN
    };
    Comparator<Double> order = Comparator.comparingDouble(value -> value == 0 ? 0.0 : value);
    agree(
        ValueType.DOUBLE,
        order,
        () ->
            random.nextBoolean()
                ? edges[random.nextInt(edges.length)]
                : Double.longBitsToDouble(random.nextLong()));
  }

  @Test
  void textsByCodePointWithZerosInside() {
    agree(ValueType.STRING, OrderedBytesTest::byCodePoint, this::anyText);
  }

  @Test
  void bytesByUnsignedByte() {
    agree(ValueType.BYTES, Arrays::compareUnsigned, this::anyBytes);
  }

  @Test
  void datesByTime() {
    agree(
        ValueType.DATE,
        Comparator.<LocalDate>naturalOrder(),
        () ->
            switch (random.nextInt(6)) {
              case 0 -> LocalDate.MAX;
              case 1 -> LocalDate.MIN;
              default -> LocalDate.ofEpochDay(random.nextInt(4_000_000) - 2_000_000L);
            });
  }

  @Test
  void timesOfDayByTime() {
    agree(
        ValueType.TIME,
        Comparator.<LocalTime>naturalOrder(),
        () -> LocalTime.ofNanoOfDay(random.nextLong(86_400_000_000L) * 1_000));
  }

  @Test
  void momentsByTime() {
    agree(
        ValueType.TIMESTAMP,
        Comparator.<Instant>naturalOrder(),
        () ->
            switch (random.nextInt(6)) {
              case 0 -> Instant.MAX;
              case 1 -> Instant.MIN;
              case 2 ->
                  Instant.ofEpochSecond(random.nextInt(3) - 1, random.nextInt(1_000) * 1_000L);
              default -> Instant.ofEpochSecond(random.nextLong(1L << 40) - (1L << 39), 7_000);
            });
  }

  @Test
  void uuidsByUnsignedBits() {
    Comparator<UUID> order =
        (one, other) -> {
          int most =
              Long.compareUnsigned(one.getMostSignificantBits(), other.getMostSignificantBits());
          return most != 0
              ? most
              : Long.compareUnsigned(
                  one.getLeastSignificantBits(), other.getLeastSignificantBits());
        };
    agree(ValueType.UUID, order, () -> new UUID(anyLong(), anyLong()));
  }

  @Test
  void equalDecimalsHaveEqualBytesWhateverTheirScale() {
    for (String[] equal :
        new String[][] {
          {"0", "0.000", "0E+5", "-0.0"}, {"1.5", "1.50", "15E-1"}, {"-100", "-1E+2", "-100.0"}
        }) {
      byte[] first =
          Objects.requireNonNull(OrderedBytes.value(ValueType.DECIMAL, new BigDecimal(equal[0])));
      for (String text : equal) {
        assertArrayEquals(first, OrderedBytes.value(ValueType.DECIMAL, new BigDecimal(text)));
      }
    }
  }

  @Test
  void nullHasNoBytes() {
    assertNull(OrderedBytes.value(ValueType.STRING, null));
  }

  @Test
  void documentsAndArraysHaveNoOrder() {
    assertFalse(OrderedBytes.ordered(ValueType.JSON));
    assertFalse(OrderedBytes.ordered(ValueType.ARRAY));
    assertThrows(
        IllegalArgumentException.class, () -> OrderedBytes.value(ValueType.JSON, new Json("{}")));
  }

  @Test
  void keysOfSeveralPartsAreOrderedPartByPart() {
    Schema schema =
        new Schema(
            "thing",
            List.of(
                new Field("number", ValueType.LONG, true),
                new Field("name", ValueType.STRING, true),
                new Field("price", ValueType.DECIMAL, true)),
            List.of("name", "price", "number"));
    List<Key> keys = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      keys.add(
          new Key(
              anyText(),
              new BigDecimal(BigInteger.valueOf(random.nextInt(7) - 3), random.nextInt(5) - 2),
              (long) random.nextInt(3)));
    }
    Comparator<Key> byParts =
        Comparator.<Key, String>comparing(
                key -> (String) key.part(0), OrderedBytesTest::byCodePoint)
            .thenComparing(key -> (BigDecimal) key.part(1))
            .thenComparing(key -> (Long) key.part(2));
    List<Key> sorted = new ArrayList<>(keys);
    Collections.sort(sorted, byParts);
    keys.sort((one, other) ->
        Arrays.compareUnsigned(OrderedBytes.key(schema, one), OrderedBytes.key(schema, other)));
    assertEquals(sorted, keys);
    Key same = new Key("a", new BigDecimal("1.0"), 2L);
    assertArrayEquals(
        OrderedBytes.key(schema, same),
        OrderedBytes.key(schema, new Key("a", new BigDecimal("1"), 2L)));
  }
}
