package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.spi.Json;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TextValueTest {
  /** Reads a text that stands in the middle of other bytes, as it does in a message. */
  private static Object read(ValueType type, String text) {
    byte[] value = text.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = ("9-" + text + "7.").getBytes(StandardCharsets.UTF_8);
    return TextValue.read(type, bytes, 2, value.length);
  }

  private static Object again(ValueType type, Object value) {
    return read(type, TextValue.write(value));
  }

  @Test
  void readsBooleans() {
    assertEquals(true, read(ValueType.BOOLEAN, "t"));
    assertEquals(false, read(ValueType.BOOLEAN, "f"));
    assertEquals("true", TextValue.write(true));
    assertEquals("false", TextValue.write(false));
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        0,
        1,
        -1,
        10,
        -100,
        32_767,
        Integer.MIN_VALUE,
        99_999_999_999_999_999L,
        -99_999_999_999_999_999L,
        999_999_999_999_999_999L,
        1_000_000_000_000_000_000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE
      })
  void readsWholeNumbersOfEveryLength(long number) {
    assertEquals(number, read(ValueType.LONG, Long.toString(number)));
    assertEquals(number, again(ValueType.LONG, number));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "0.00",
        "1",
        "-1",
        "1.50",
        "-0.000000000000001",
        "0.1234567890123456",
        "0.12345678901234567",
        "123456789012345678",
        "-12345678901234567",
        "-123456789012345678",
        "1234567890123456789",
        "99999999999999999999999999999999999999.99999999999999999999",
        "-99999999999999999999.0"
      })
  void readsDecimalsWithEveryDigitAndTheirScale(String text) {
    assertEquals(new BigDecimal(text), read(ValueType.DECIMAL, text));
    assertEquals(text, TextValue.write(new BigDecimal(text)));
  }

  @Test
  void readsDecimalsAsFloatingPointColumnsWriteThem() {
    assertEquals(new BigDecimal("1e+20"), read(ValueType.DECIMAL, "1e+20"));
    assertEquals(new BigDecimal("-1.5e-07"), read(ValueType.DECIMAL, "-1.5e-07"));
    assertEquals(
        new BigDecimal("1.2345678901234567e+300"),
        read(ValueType.DECIMAL, "1.2345678901234567e+300"));
  }

  @Test
  void readsDecimalsThatAreNoNumbers() {
    assertEquals(Double.NaN, read(ValueType.DECIMAL, "NaN"));
    assertEquals(Double.POSITIVE_INFINITY, read(ValueType.DECIMAL, "Infinity"));
    assertEquals(Double.NEGATIVE_INFINITY, read(ValueType.DECIMAL, "-Infinity"));
    for (Double special :
        new Double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
      assertEquals(special, again(ValueType.DECIMAL, special));
      assertEquals(special, again(ValueType.DOUBLE, special));
    }
  }

  @Test
  void readsDecimalsOfThousandsOfDigits() {
    String wide = "-" + "9".repeat(9_000) + "." + "1".repeat(3_000);
    assertEquals(new BigDecimal(wide), read(ValueType.DECIMAL, wide));
    assertEquals(new BigDecimal(wide), again(ValueType.DECIMAL, new BigDecimal(wide)));
  }

  @Test
  void randomDecimalsAreTheSameAgain() {
    Random random = new Random(4);
    for (int i = 0; i < 2_000; i++) {
      BigDecimal decimal =
          new BigDecimal(
              new BigInteger(1 + random.nextInt(150), random).subtract(BigInteger.TEN.pow(20)),
              random.nextInt(40));
      assertEquals(decimal, again(ValueType.DECIMAL, decimal));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"1E+2147483647", "-1E-2147483647", "12E+5000"})
  void aDecimalFarFromOneIsWrittenWithItsExponentAndNotInFull(String text) {
    String written = TextValue.write(new BigDecimal(text));
    assertTrue(written.length() < 100, "written with " + written.length() + " characters");
    assertEquals(new BigDecimal(text), new BigDecimal(written));
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {0.0, -0.0, 1.5, -1.0E10, 0.1, 1.7976931348623157E308, 4.9E-324, -1234567.875})
  void doublesAreTheSameAgain(double number) {
    assertEquals(number, again(ValueType.DOUBLE, number));
  }

  @Test
  void readsDoublesAsPostgresWritesThem() {
    assertEquals(1e100, read(ValueType.DOUBLE, "1e+100"));
    assertEquals(-1.5e-7, read(ValueType.DOUBLE, "-1.5e-07"));
    assertEquals(Double.NEGATIVE_INFINITY, read(ValueType.DOUBLE, "-Infinity"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "it's \"quoted\" \\ and\n\tmore", "äöü \uD83D\uDE00 \uFFFF"})
  void textsAreTheSameAgain(String text) {
    assertEquals(text, again(ValueType.STRING, text));
    assertEquals(new Json(text), again(ValueType.JSON, new Json(text)));
  }

  @Test
  void bytesAreTheSameAgain() {
    byte[] all = new byte[256];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) i;
    }
    assertArrayEquals(all, (byte[]) again(ValueType.BYTES, all));
    assertArrayEquals(new byte[0], (byte[]) again(ValueType.BYTES, new byte[0]));
    assertArrayEquals(
        new byte[] {(byte) 0xDE, (byte) 0xAD}, (byte[]) read(ValueType.BYTES, "\\xdead"));
  }

  @Test
  void uuidsAreTheSameAgain() {
    UUID uuid = UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11");
    assertEquals(uuid, again(ValueType.UUID, uuid));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-01, 2026-03-01",
    "0001-01-01, 0001-01-01",
    "0001-12-31 BC, 0000-12-31",
    "0002-02-03 BC, -0001-02-03",
    "0044-03-15 BC, -0043-03-15",
    "4713-01-01 BC, -4712-01-01",
    "4714-11-24 BC, -4713-11-24",
    "9999-12-31, 9999-12-31",
    "10000-01-01, +10000-01-01",
    "5874897-12-31, +5874897-12-31",
    "infinity, +999999999-12-31",
    "-infinity, -999999999-01-01"
  })
  void readsAndWritesDatesOfEveryAge(String text, String date) {
    assertEquals(LocalDate.parse(date), read(ValueType.DATE, text));
    assertEquals(text, TextValue.write(LocalDate.parse(date)));
  }

  @ParameterizedTest
  @CsvSource({
    "00:00:00, 00:00:00",
    "12:34:56, 12:34:56",
    "12:34:56.7, 12:34:56.7",
    "23:59:59.999999, 23:59:59.999999",
    "00:00:00.000001, 00:00:00.000001",
    "24:00:00, 23:59:59.999999"
  })
  void readsTimesOfDay(String text, String time) {
    assertEquals(LocalTime.parse(time), read(ValueType.TIME, text));
    assertEquals(LocalTime.parse(time), again(ValueType.TIME, fullTime(time)));
  }

  /** The text that a server would send for what was written to it. */
  private static Object fullTime(String time) {
    LocalTime parsed = LocalTime.parse(time);
    return parsed.getSecond() == 0 && parsed.getNano() == 0 ? time : parsed;
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-01 12:34:56, 2026-03-01T12:34:56Z",
    "2026-03-01 12:34:56.5, 2026-03-01T12:34:56.500Z",
    "2026-03-01 12:34:56+00, 2026-03-01T12:34:56Z",
    "2026-03-01 12:34:56.123456+02, 2026-03-01T10:34:56.123456Z",
    "2026-03-01 12:34:56-08, 2026-03-01T20:34:56Z",
    "2026-03-01 00:10:00+05:30, 2026-02-28T18:40:00Z",
    "2026-03-01 12:34:56.1-03:30, 2026-03-01T16:04:56.100Z",
    "1890-06-01 12:00:00+00:53:28, 1890-06-01T11:06:32Z",
    "1890-06-01 12:00:00.000001-04:56:02, 1890-06-01T16:56:02.000001Z",
    "2026-03-01 12:00:00+15:59, 2026-02-28T20:01:00Z",
    "0001-01-01 00:00:00+01, 0000-12-31T23:00:00Z",
    "0001-12-31 23:30:00 BC, 0000-12-31T23:30:00Z",
    "0044-03-15 10:00:00+00 BC, -0043-03-15T10:00:00Z",
    "0044-03-15 10:00:00.25+00:53:28 BC, -0043-03-15T09:06:32.250Z",
    "4714-11-24 00:00:00+00 BC, -4713-11-24T00:00:00Z",
    "294276-12-31 23:59:59.999999+00, +294276-12-31T23:59:59.999999Z"
  })
  void readsMomentsWithEveryOffsetAndAge(String text, String instant) {
    assertEquals(Instant.parse(instant), read(ValueType.TIMESTAMP, text));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-03-01T12:34:56Z, 2026-03-01 12:34:56+00",
    "2026-03-01T12:34:56.000001Z, 2026-03-01 12:34:56.000001+00",
    "0000-12-31T23:30:01Z, 0001-12-31 23:30:01+00 BC",
    "-4713-11-24T00:00:01Z, 4714-11-24 00:00:01+00 BC",
    "+294276-12-31T23:59:59.999999Z, 294276-12-31 23:59:59.999999+00"
  })
  void writesMomentsInUniversalTime(String instant, String text) {
    String written = TextValue.write(Instant.parse(instant));
    assertEquals(withoutTrailingZeros(text), withoutTrailingZeros(written));
    assertEquals(Instant.parse(instant), read(ValueType.TIMESTAMP, written));
  }

  private static String withoutTrailingZeros(String text) {
    return text.replaceAll("(\\.[0-9]*?)0+\\+", "$1+");
  }

  @Test
  void randomMomentsAndDaysAreTheSameAgain() {
    Random random = new Random(6);
    for (int i = 0; i < 5_000; i++) {
      // From 4713 BC to 9999, and with every length of fraction.
      long second = random.nextLong(-210_000_000_000L, 253_000_000_000L);
      int[] grains = {1, 1_000, 1_000_000, 1_000_000_000};
      int nanos = random.nextInt(1_000_000_000) / grains[i % 4] * grains[i % 4];
      Instant moment = Instant.ofEpochSecond(second, nanos);
      assertEquals(moment, again(ValueType.TIMESTAMP, moment));
      LocalDate day = LocalDate.ofEpochDay(Math.floorDiv(second, 86_400L));
      assertEquals(day, again(ValueType.DATE, day));
    }
  }

  @Test
  void aTextThatOnlyBeginsLikeAMomentIsRefused() {
    assertThrows(RuntimeException.class, () -> read(ValueType.TIMESTAMP, "2026-03-01 12:34:56.x"));
    assertThrows(RuntimeException.class, () -> read(ValueType.DATE, "2026-13-01"));
  }

  @Test
  void theEndsOfTimeAreInfinity() {
    assertEquals(Instant.MAX, read(ValueType.TIMESTAMP, "infinity"));
    assertEquals(Instant.MIN, read(ValueType.TIMESTAMP, "-infinity"));
    assertEquals("infinity", TextValue.write(Instant.MAX));
    assertEquals("-infinity", TextValue.write(Instant.MIN));
  }

  @Test
  void refusesArrays() {
    assertThrows(IllegalArgumentException.class, () -> read(ValueType.ARRAY, "{1,2}"));
  }

  @Test
  void refusesArrayInMoreArraysThanThereCanBe() {
    byte[] nested = "{".repeat(1_000_000).getBytes(StandardCharsets.UTF_8);
    ArrayText texts = new ArrayText(ValueType.STRING, ',');
    assertThrows(IllegalArgumentException.class, () -> texts.read(nested, 0, nested.length));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e999999999", "-1e-999999999", "1.000000000000000000e2147483647"})
  void refusesDecimalThatWouldFillTheMemoryWhereItIsWritten(String text) {
    assertThrows(IllegalArgumentException.class, () -> read(ValueType.DECIMAL, text));
  }
}
