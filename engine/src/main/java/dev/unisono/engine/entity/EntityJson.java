package dev.unisono.engine.entity;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Records as JSON, and JSON and path text as values: integers beyond 2^53 and decimals as strings,
 * unless the schema says number; timestamps as RFC 3339 in UTC with microseconds; bytes as base64;
 * arrays as arrays, in arrays where they have more than one dimension. Fields that are UNCHANGED do
 * not appear (invariant 6). Has no state; safe for threads.
 */
public final class EntityJson {
  /** Makes generators and parsers for all JSON of the doors. */
  public static final JsonFactory FACTORY =
      JsonFactory.builder()
          // A thread of its own for each request would find no buffer that it had used before.
          .recyclerPool(JsonRecyclerPools.sharedConcurrentDequePool())
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(200).build())
          .build();

  private static final long EXACT_IN_JSON = 1L << 53;
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private EntityJson() {}

  /** A value that a caller sent and that does not fit its field. */
  public static final class UnfitValue extends Exception {
    private static final long serialVersionUID = 1L;

    UnfitValue(String message) {
      super(message);
    }
  }

  /** Writes a row as an object. */
  public static void writeRow(JsonGenerator json, Entity entity, Row row) throws IOException {
    writeRow(json, entity, row, _ -> true);
  }

  /**
   * Writes some of a row's fields as an object.
   *
   * @param shown the positions of those
   */
  public static void writeRow(JsonGenerator json, Entity entity, Row row, IntPredicate shown)
      throws IOException {
    json.writeStartObject();
    writeFields(json, entity, row, shown);
    json.writeEndObject();
  }

  /** The same as members of an object that others write, too. */
  public static void writeFields(JsonGenerator json, Entity entity, Row row, IntPredicate shown)
      throws IOException {
    for (int i = 0; i < row.schema().size(); i++) {
      Object value = row.value(i);
      if (value != Unchanged.UNCHANGED && shown.test(i)) {
        EntityField field = entity.fields().get(i);
        json.writeFieldName(field.name());
        writeValue(json, field, value);
      }
    }
  }

  /** Writes a key as an object of its fields. */
  public static void writeKey(JsonGenerator json, Entity entity, Key key) throws IOException {
    json.writeStartObject();
    for (int i = 0; i < key.size(); i++) {
      EntityField field = entity.fields().get(entity.schema().keyPosition(i));
      json.writeFieldName(field.name());
      writeValue(json, field, key.part(i));
    }
    json.writeEndObject();
  }

  public static void writeValue(JsonGenerator json, EntityField field, @Nullable Object value)
      throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Boolean flag -> json.writeBoolean(flag);
      case Long number when number >= -EXACT_IN_JSON && number <= EXACT_IN_JSON ->
          json.writeNumber(number);
      case BigDecimal decimal when field.jsonNumber() -> json.writeNumber(decimal.toPlainString());
      case Double number when Double.isFinite(number) -> json.writeNumber(number);
      case Json document -> json.writeRawValue(document.text());
      case Object[] array -> writeArray(json, field, array);
      default -> json.writeString(text(value));
    }
  }

  private static void writeArray(JsonGenerator json, EntityField field, @Nullable Object[] array)
      throws IOException {
    json.writeStartArray();
    for (Object element : array) {
      // An array in an array is another dimension of the same field.
      writeValue(json, element instanceof Object[] ? field : items(field), element);
    }
    json.writeEndArray();
  }

  private static EntityField items(EntityField field) {
    return Objects.requireNonNull(field.items(), "an array has items");
  }

  /** A value as text: what stands in paths and, for most types, in JSON strings. */
  public static String text(Object value) {
    return switch (value) {
      case BigDecimal decimal -> decimal.toPlainString();
      case Double number when number.isInfinite() -> number > 0 ? "Infinity" : "-Infinity";
      case byte[] bytes -> Base64.getEncoder().encodeToString(bytes);
      case LocalDate date when date.equals(LocalDate.MAX) -> "infinity";
      case LocalDate date when date.equals(LocalDate.MIN) -> "-infinity";
      case LocalTime time -> DateTimeFormatter.ISO_LOCAL_TIME.format(time);
      case Instant instant when instant.equals(Instant.MAX) -> "infinity";
      case Instant instant when instant.equals(Instant.MIN) -> "-infinity";
      case Instant instant -> TIMESTAMP.format(instant);
      case Json json -> json.text();
      default -> value.toString();
    };
  }

  /** A time as all doors write it. */
  public static String time(Instant instant) {
    return TIMESTAMP.format(instant);
  }

  /** Reads a value from its text form. */
  public static Object parse(EntityField field, String text) throws UnfitValue {
    try {
      return parse(field.type(), text);
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException unfit) {
      throw new UnfitValue(field.name() + " must be " + expected(field) + ".");
    }
  }

  private static Object parse(ValueType type, String text) {
    return switch (type) {
      case BOOLEAN -> {
        if (!text.equals("true") && !text.equals("false")) {
          throw new IllegalArgumentException(text);
        }
        yield text.equals("true");
      }
      case LONG -> Long.parseLong(text);
      case DECIMAL ->
          switch (text) {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> decimal(text);
          };
      case DOUBLE -> number(text);
      case STRING -> whole(text);
      case BYTES -> Base64.getDecoder().decode(text);
      case DATE ->
          switch (text) {
            case "infinity" -> LocalDate.MAX;
            case "-infinity" -> LocalDate.MIN;
            default -> LocalDate.parse(text);
          };
      case TIME -> LocalTime.parse(text);
      case TIMESTAMP ->
          switch (text) {
            case "infinity" -> Instant.MAX;
            case "-infinity" -> Instant.MIN;
            default -> OffsetDateTime.parse(text).toInstant();
          };
      case UUID -> UUID.fromString(text);
      case JSON -> new Json(text);
      case ARRAY -> throw new IllegalArgumentException("an array has no text form here");
    };
  }

  /** Half a character has no UTF-8: whoever wrote it on would make another of it. */
  private static String whole(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isHighSurrogate(text.charAt(i))
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(text.charAt(i))) {
        throw new IllegalArgumentException("half a character");
      }
    }
    return text;
  }

  /** A few letters must not become a number that fills the memory. */
  private static BigDecimal decimal(String text) {
    if (text.length() > 160_100) {
      throw new ArithmeticException("out of bounds");
    }
    BigDecimal decimal = new BigDecimal(text);
    if (Math.abs((long) decimal.scale()) > 20_000 || decimal.precision() > 140_000) {
      throw new ArithmeticException("out of bounds");
    }
    return decimal;
  }

  /** Java reads more than numbers, and takes one that is too large for infinite. */
  private static Double number(String text) {
    double number = Double.parseDouble(text);
    boolean named = text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
    if (!named && (!Double.isFinite(number) || !text.matches("[-+0-9.eE]+"))) {
      throw new NumberFormatException(text);
    }
    return number;
  }

  private static String expected(EntityField field) {
    return switch (field.type()) {
      case BOOLEAN -> "true or false";
      case LONG -> "a whole number of at most 64 bits";
      case DECIMAL -> field.jsonNumber() ? "a number" : "a decimal number, as a string";
      case DOUBLE -> "a number";
      case STRING -> "a string";
      case BYTES -> "base64";
      case DATE -> "a date such as 2026-01-31";
      case TIME -> "a time such as 13:45:00.5";
      case TIMESTAMP -> "a time such as 2026-01-31T13:45:00.000001Z";
      case UUID -> "a UUID";
      case JSON -> "an object or an array";
      case ARRAY -> "an array; of its elements, each " + expected(items(field));
    };
  }

  /** Reads the value at which a parser stands, and leaves it at the value's last token. */
  public static @Nullable Object read(JsonParser json, EntityField field)
      throws IOException, UnfitValue {
    JsonToken token = json.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    if (field.type() == ValueType.JSON) {
      return document(json, field);
    }
    if (field.type() == ValueType.ARRAY && token == JsonToken.START_ARRAY) {
      return array(json, field);
    }
    boolean fits =
        switch (field.type()) {
          case BOOLEAN -> token.isBoolean();
          case LONG, DECIMAL, DOUBLE -> token.isNumeric() || token == JsonToken.VALUE_STRING;
          case STRING, BYTES, DATE, TIME, TIMESTAMP, UUID -> token == JsonToken.VALUE_STRING;
          case JSON, ARRAY -> false;
        };
    if (!fits) {
      throw new UnfitValue(field.name() + " must be " + expected(field) + ".");
    }
    return parse(field, json.getText());
  }

  /** An array in it is another dimension, except where the elements are documents. */
  private static @Nullable Object[] array(JsonParser json, EntityField field)
      throws IOException, UnfitValue {
    EntityField items = items(field);
    List<@Nullable Object> elements = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      boolean nested =
          json.currentToken() == JsonToken.START_ARRAY && items.type() != ValueType.JSON;
      elements.add(nested ? array(json, field) : read(json, items));
    }
    return elements.toArray();
  }

  private static Json document(JsonParser json, EntityField field) throws IOException, UnfitValue {
    StringWriter out = new StringWriter();
    try (JsonGenerator copy = FACTORY.createGenerator(out)) {
      copy.copyCurrentStructureExact(json);
    } catch (NumberFormatException tooLarge) {
      throw new UnfitValue(field.name() + " has a number in it whose exponent is out of bounds.");
    }
    return new Json(out.toString());
  }

  /** Reads a key from its path segments, in key order. */
  public static Key parseKey(Entity entity, String[] parts) throws UnfitValue {
    Schema schema = entity.schema();
    if (parts.length != schema.keySize()) {
      throw new UnfitValue(
          "A key of "
              + entity.plural()
              + " has "
              + schema.keySize()
              + (schema.keySize() == 1 ? " part." : " parts, joined by commas."));
    }
    Object[] values = new Object[parts.length];
    for (int i = 0; i < parts.length; i++) {
      values[i] = parse(entity.fields().get(schema.keyPosition(i)), parts[i]);
    }
    return new Key(values);
  }
}
