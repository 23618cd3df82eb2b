package dev.unisono.server.graphql;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.http.Answers;
import dev.unisono.spi.Json;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Values on their way through GraphQL: of records as JSON has them, and JSON as maps, lists and
 * single values. No number loses a digit. Has no state.
 */
final class Values {
  private Values() {}

  /** A field's value as it goes into an answer: as {@link EntityJson} writes it. */
  static @Nullable Object of(EntityField field, @Nullable Object value) {
    return switch (value) {
      case null -> null;
      case Unchanged _ -> null;
      case Boolean flag -> flag;
      case Long number -> number(number);
      case BigDecimal decimal when field.jsonNumber() -> decimal;
      case Double number when Double.isFinite(number) -> number;
      case Json json -> json;
      case Object[] array -> list(field, array);
      default -> EntityJson.text(value);
    };
  }

  /**
   * A field of a row, whichever schema that was written by; null where it has none such, or that is
   * not shown.
   */
  static @Nullable Object of(EntityField field, Row row) {
    Integer position = row.schema().find(field.name());
    Object value = position == null ? null : row.value(position);
    return value == null || value == Unchanged.UNCHANGED ? null : of(field, value);
  }

  private static List<@Nullable Object> list(EntityField field, @Nullable Object[] array) {
    EntityField items = Objects.requireNonNull(field.items(), "an array has items");
    List<@Nullable Object> list = new ArrayList<>();
    for (Object element : array) {
      // An array in an array is another dimension of the same field.
      list.add(of(element instanceof Object[] ? field : items, element));
    }
    return list;
  }

  /** A whole number: beyond 2^53 as a string, since JavaScript would make another of it. */
  static Object number(long number) {
    return Math.abs(number) <= 1L << 53 && number != Long.MIN_VALUE
        ? number
        : Long.toString(number);
  }

  /** Writes what is of an answer. */
  static void write(JsonGenerator json, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Map<?, ?> map -> {
        json.writeStartObject();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          json.writeFieldName(String.valueOf(entry.getKey()));
          write(json, entry.getValue());
        }
        json.writeEndObject();
      }
      case Iterable<?> list -> {
        json.writeStartArray();
        for (Object element : list) {
          write(json, element);
        }
        json.writeEndArray();
      }
      case Boolean flag -> json.writeBoolean(flag);
      case BigDecimal decimal -> json.writeNumber(decimal.toString());
      case BigInteger number -> json.writeNumber(number.toString());
      case Number number when number instanceof Integer || number instanceof Long ->
          json.writeNumber(number.longValue());
      case Double number -> json.writeNumber(number);
      case Json document -> json.writeRawValue(document.text());
      default -> json.writeString(whole(value.toString()));
    }
  }

  /** What a caller sent may hold halves of characters, which have no UTF-8. */
  private static String whole(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  static byte[] bytes(Object value) {
    return Answers.bytes(json -> write(json, value));
  }

  /**
   * Reads one JSON value.
   *
   * @throws IOException where it is none, or more
   */
  static @Nullable Object read(byte[] text) throws IOException {
    try (JsonParser json = EntityJson.FACTORY.createParser(text)) {
      json.nextToken();
      Object value = read(json);
      if (json.nextToken() != null) {
        throw new IOException("more than one value");
      }
      return value;
    }
  }

  private static @Nullable Object read(JsonParser json) throws IOException {
    JsonToken token = json.currentToken();
    if (token == null) {
      throw new IOException("nothing");
    }
    return switch (token) {
      case START_OBJECT -> {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
          String name = json.currentName();
          json.nextToken();
          map.put(name, read(json));
        }
        yield map;
      }
      case START_ARRAY -> {
        List<@Nullable Object> list = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
          list.add(read(json));
        }
        yield list;
      }
      case VALUE_STRING -> json.getText();
      case VALUE_NUMBER_INT -> json.getBigIntegerValue();
      case VALUE_NUMBER_FLOAT -> json.getDecimalValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new IOException("no value");
    };
  }
}
