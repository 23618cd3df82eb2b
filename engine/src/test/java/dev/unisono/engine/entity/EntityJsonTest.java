package dev.unisono.engine.entity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import dev.unisono.engine.entity.EntityJson.UnfitValue;
import dev.unisono.engine.fixture.Entities;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class EntityJsonTest {
  private static EntityField field(ValueType type, boolean jsonNumber) {
    return new EntityField("f", type, false, jsonNumber, "{}");
  }

  private static String written(EntityField field, @Nullable Object value) throws IOException {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(out)) {
      EntityJson.writeValue(json, field, value);
    }
    return out.toString();
  }

  private static @Nullable Object read(EntityField field, String text)
      throws IOException, UnfitValue {
    try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
      json.nextToken();
      return EntityJson.read(json, field);
    }
  }

  private static void assertBothWays(String json, Object value, ValueType type) throws Exception {
    assertBothWays(json, value, field(type, false));
  }

  private static void assertBothWays(String json, Object value, EntityField field)
      throws Exception {
    assertEquals(json, written(field, value));
    assertEquals(value, read(field, json));
    assertEquals(value, EntityJson.parse(field, EntityJson.text(value)));
  }

  @Test
  void integersAreNumbersAsFarAsEveryReaderKeepsThem() throws Exception {
    assertBothWays("0", 0L, ValueType.LONG);
    assertBothWays("9007199254740992", 1L << 53, ValueType.LONG);
    assertBothWays("-9007199254740992", -(1L << 53), ValueType.LONG);
    assertBothWays("\"9007199254740993\"", (1L << 53) + 1, ValueType.LONG);
    assertBothWays("\"-9007199254740993\"", -(1L << 53) - 1, ValueType.LONG);
    assertBothWays("\"9223372036854775807\"", Long.MAX_VALUE, ValueType.LONG);
    assertBothWays("\"-9223372036854775808\"", Long.MIN_VALUE, ValueType.LONG);
  }

  @Test
  void decimalsKeepEveryDigitAndTheirScale() throws Exception {
    String digits = "12345678901234567890123456789.012345678901234567890";
    for (String text : List.of("12.50", "0.00", "-0.000000000001", digits)) {
      BigDecimal value = new BigDecimal(text);
      assertBothWays('"' + text + '"', value, ValueType.DECIMAL);
      assertBothWays(text, value, field(ValueType.DECIMAL, true));
    }
    assertEquals("\"1000\"", written(field(ValueType.DECIMAL, false), new BigDecimal("1E+3")));
    assertBothWays("\"NaN\"", Double.NaN, ValueType.DECIMAL);
    assertBothWays("\"-Infinity\"", Double.NEGATIVE_INFINITY, ValueType.DECIMAL);
  }

  @Test
  void everyOtherTypeGoesBothWays() throws Exception {
    assertBothWays("true", true, ValueType.BOOLEAN);
    assertBothWays("0.1", 0.1, ValueType.DOUBLE);
    assertBothWays("1.7976931348623157E308", Double.MAX_VALUE, ValueType.DOUBLE);
    assertBothWays("\"NaN\"", Double.NaN, ValueType.DOUBLE);
    assertBothWays("\"Infinity\"", Double.POSITIVE_INFINITY, ValueType.DOUBLE);
    assertBothWays("\"a\\\"b\\\\c\\n\\u0001é😀\"", "a\"b\\c\n\u0001é😀", ValueType.STRING);
    assertBothWays("\"2026-01-31\"", LocalDate.of(2026, 1, 31), ValueType.DATE);
    assertBothWays("\"infinity\"", LocalDate.MAX, ValueType.DATE);
    assertBothWays("\"-infinity\"", LocalDate.MIN, ValueType.DATE);
    assertBothWays("\"13:45:00.5\"", LocalTime.of(13, 45, 0, 500_000_000), ValueType.TIME);
    assertBothWays(
        "\"2026-01-02T03:04:05.000006Z\"",
        Instant.parse("2026-01-02T03:04:05.000006Z"),
        ValueType.TIMESTAMP);
    assertBothWays("\"infinity\"", Instant.MAX, ValueType.TIMESTAMP);
    assertBothWays("\"-infinity\"", Instant.MIN, ValueType.TIMESTAMP);
    UUID uuid = UUID.fromString("0f8fad5b-d9cb-469f-a165-70867728950e");
    assertBothWays('"' + uuid.toString() + '"', uuid, ValueType.UUID);
    assertBothWays("{\"a\":[1.50,null]}", new Json("{\"a\":[1.50,null]}"), ValueType.JSON);
    byte[] bytes = {0, (byte) 0xff, 0x10};
    assertEquals("\"AP8Q\"", written(field(ValueType.BYTES, false), bytes));
    assertArrayEquals(bytes, (byte[]) read(field(ValueType.BYTES, false), "\"AP8Q\""));
    for (ValueType type : ValueType.values()) {
      assertEquals("null", written(field(type, false), null));
      assertEquals(null, read(field(type, false), "null"));
    }
  }

  private static void assertUnfit(ValueType type, String... texts) {
    for (String text : texts) {
      assertThrows(UnfitValue.class, () -> read(field(type, false), text), type + " " + text);
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertUnfit(ValueType.BOOLEAN, "1", "\"true\"", "{}");
    assertUnfit(ValueType.LONG, "1.0", "1e3", "9223372036854775808", "\"\"", "true", "[]");
    assertUnfit(ValueType.DECIMAL, "\"x\"", "\"1e999999999\"", "\"\"", "false");
    assertUnfit(ValueType.DOUBLE, "1e400", "\"1d\"", "\"0x1p3\"", "\" 1\"", "true");
    assertUnfit(ValueType.STRING, "1", "{}", "\"\\ud800\"", "\"\\udc00\\ud800\"");
    assertUnfit(ValueType.BYTES, "\"*\"", "1");
    assertUnfit(ValueType.DATE, "\"2026-02-30\"", "\"today\"", "20260101");
    assertUnfit(ValueType.TIME, "\"25:00\"", "1");
    assertUnfit(ValueType.TIMESTAMP, "\"2026-01-02T03:04:05\"", "\"now\"", "0");
    assertUnfit(ValueType.UUID, "\"x\"", "1");
  }

  private static EntityField array(ValueType items, boolean jsonNumber) {
    return new EntityField("f", ValueType.ARRAY, field(items, jsonNumber), false, false, "{}");
  }

  private static void assertArray(String json, EntityField field, @Nullable Object... array)
      throws Exception {
    assertEquals(json, written(field, array));
    assertArrayEquals(array, (Object[]) read(field, json));
  }

  @Test
  void arraysAreArraysOfTheirElements() throws Exception {
    EntityField numbers = array(ValueType.LONG, false);
    assertArray("[]", numbers);
    assertArray("[1,null,\"9223372036854775807\"]", numbers, 1L, null, Long.MAX_VALUE);
    Object[] row = {1L, 2L};
    assertArray("[[1,2],[1,2]]", numbers, row, row);
    assertArray("[1.50]", array(ValueType.DECIMAL, true), new BigDecimal("1.50"));
    assertArray("[\"1.50\"]", array(ValueType.DECIMAL, false), new BigDecimal("1.50"));
    assertArray("[\"\",\"null\",null]", array(ValueType.STRING, false), "", "null", null);
    assertArray("[\"AP8=\"]", array(ValueType.BYTES, false), (Object) new byte[] {0, -1});
    // A document may be an array itself.
    assertArray("[[1],{}]", array(ValueType.JSON, false), new Json("[1]"), new Json("{}"));
    assertEquals(null, read(numbers, "null"));
    for (String text : List.of("1", "\"[]\"", "{}", "[\"x\"]", "[1.5]", "[[true]]")) {
      UnfitValue unfit = assertThrows(UnfitValue.class, () -> read(numbers, text), text);
      assertTrue(String.valueOf(unfit.getMessage()).startsWith("f must be "), text);
    }
    assertThrows(UnfitValue.class, () -> EntityJson.parse(numbers, "[]"));
  }

  @Test
  void aDecimalTooLongToReadIsRefusedBeforeItIsRead() {
    assertThrows(
        UnfitValue.class,
        () -> EntityJson.parse(field(ValueType.DECIMAL, false), "9".repeat(1_000_000)));
  }

  @Test
  void unchangedDoesNotAppear() throws Exception {
    Entity entity =
        Entities.entity(
            1, "person", List.of("id LONG", "name STRING", "note STRING"), List.of("id"));
    StringWriter out = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(out)) {
      EntityJson.writeRow(json, entity, Entities.row(entity, 1L, Unchanged.UNCHANGED, null));
    }
    assertEquals("{\"id\":1,\"note\":null}", out.toString());
  }

  @Test
  void keysAreReadInTheirOrder() throws Exception {
    Entity entity =
        Entities.entity(
            1, "part", List.of("code STRING", "note STRING", "id LONG"), List.of("id", "code"));
    assertEquals(new Key(7L, "a,b"), EntityJson.parseKey(entity, new String[] {"7", "a,b"}));
    assertThrows(UnfitValue.class, () -> EntityJson.parseKey(entity, new String[] {"7"}));
    assertThrows(UnfitValue.class, () -> EntityJson.parseKey(entity, new String[] {"a", "7"}));
  }

  @Test
  void documentWithANumberOfNoBoundsIsRefused() {
    assertThrows(
        UnfitValue.class, () -> read(field(ValueType.JSON, false), "{\"x\":1e9999999999999}"));
  }
}
