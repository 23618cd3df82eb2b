package dev.unisono.server.grpc;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.grpc.Proto.Fields;
import dev.unisono.server.http.Answers;
import dev.unisono.spi.Json;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Values of fields as messages, and messages as what JSON has for them. Has no state. */
final class ProtoValues {
  private static final int DEEPEST = 20;

  private ProtoValues() {}

  /** A map of names and values, under a number. What is UNCHANGED is left out (invariant 6). */
  static void row(CodedOutputStream out, int field, Entity entity, Row row) throws IOException {
    for (int i = 0; i < row.schema().size(); i++) {
      Object value = row.value(i);
      if (value != Unchanged.UNCHANGED) {
        entry(out, field, entity.fields().get(i).name(), value);
      }
    }
  }

  static void key(CodedOutputStream out, int field, Entity entity, Key key) throws IOException {
    for (int part = 0; part < key.size(); part++) {
      EntityField named = entity.fields().get(entity.schema().keyPosition(part));
      entry(out, field, named.name(), key.part(part));
    }
  }

  private static void entry(CodedOutputStream out, int field, String name, @Nullable Object value)
      throws IOException {
    out.writeByteArray(
        field,
        Proto.message(entry -> {
          entry.writeString(1, name);
          entry.writeByteArray(2, Proto.message(inner -> write(inner, value)));
        }));
  }

  private static void write(CodedOutputStream out, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> out.writeBool(1, true);
      case Boolean flag -> out.writeBool(2, flag);
      case Long number -> out.writeInt64(3, number);
      case Double number -> out.writeDouble(4, number);
      case BigDecimal decimal -> out.writeString(5, decimal.toPlainString());
      case byte[] bytes -> out.writeByteArray(7, bytes);
      case Instant time when !time.equals(Instant.MAX) && !time.equals(Instant.MIN) ->
          Proto.time(out, 8, time);
      case LocalDate _ -> out.writeString(9, EntityJson.text(value));
      case LocalTime _ -> out.writeString(10, EntityJson.text(value));
      case UUID uuid -> out.writeString(11, uuid.toString());
      case Json json -> out.writeString(12, json.text());
      case Object[] array ->
          out.writeByteArray(
              13,
              Proto.message(list -> {
                for (Object element : array) {
                  list.writeByteArray(1, Proto.message(inner -> write(inner, element)));
                }
              }));
      default -> out.writeString(6, EntityJson.text(value));
    }
  }

  /** A map of names and values, as JSON has those. */
  static Map<String, @Nullable Object> map(List<ByteString> entries) {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    for (ByteString entry : entries) {
      Fields fields = Fields.of(entry);
      map.put(fields.text(1), read(fields.bytes(2), 1));
    }
    return map;
  }

  static @Nullable Object read(ByteString value) {
    return read(value, 1);
  }

  private static @Nullable Object read(ByteString value, int depth) {
    if (depth > DEEPEST) {
      throw Proto.bad("Lists stand in each other at most " + DEEPEST + " deep.");
    }
    Fields fields = Fields.of(value);
    for (int kind = 2; kind <= 13; kind++) {
      if (fields.has(kind)) {
        return read(fields, kind, depth);
      }
    }
    return null;
  }

  private static Object read(Fields fields, int kind, int depth) {
    return switch (kind) {
      case 2 -> fields.flag(kind);
      case 3 -> fields.number(kind);
      case 4 -> real(fields.real(kind));
      case 7 -> Base64.getEncoder().encodeToString(fields.bytes(kind).toByteArray());
      case 8 -> time(Fields.of(fields.bytes(kind)));
      case 12 -> document(fields.text(kind));
      case 13 -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (ByteString element : Fields.of(fields.bytes(kind)).all(1)) {
          list.add(read(element, depth + 1));
        }
        yield list;
      }
      default -> fields.text(kind);
    };
  }

  private static Object real(double number) {
    return Double.isFinite(number) ? number : Double.toString(number);
  }

  private static String time(Fields time) {
    try {
      return EntityJson.time(Instant.ofEpochSecond(time.number(1), time.number(2)));
    } catch (DateTimeException | ArithmeticException beyond) {
      throw Proto.bad("A timestamp is beyond all times.");
    }
  }

  /** One document, so that it stands for one value. */
  private static Json document(String text) {
    StringWriter out = new StringWriter();
    try (JsonParser json = EntityJson.FACTORY.createParser(text);
        JsonGenerator copy = EntityJson.FACTORY.createGenerator(out)) {
      if (json.nextToken() == null) {
        throw Proto.bad("A json_value is empty.");
      }
      copy.copyCurrentStructureExact(json);
      if (json.nextToken() != null) {
        throw Proto.bad("A json_value is one document.");
      }
    } catch (IOException | NumberFormatException broken) {
      throw Proto.bad("A json_value is not JSON.");
    }
    return new Json(out.toString());
  }

  /** A record as its body at other doors. */
  static byte[] json(Map<String, @Nullable Object> record) {
    return Answers.bytes(json -> {
      json.writeStartObject();
      for (Map.Entry<String, @Nullable Object> each : record.entrySet()) {
        json.writeFieldName(each.getKey());
        json(json, each.getValue());
      }
      json.writeEndObject();
    });
  }

  private static void json(JsonGenerator json, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> json.writeNull();
      case Boolean flag -> json.writeBoolean(flag);
      case Long number -> json.writeNumber(number);
      case Double number -> json.writeNumber(number);
      case Json document -> json.writeRawValue(document.text());
      case List<?> list -> {
        json.writeStartArray();
        for (Object element : list) {
          json(json, element);
        }
        json.writeEndArray();
      }
      default -> json.writeString(value.toString());
    }
  }

  /** As a parameter has it. */
  static String text(@Nullable Object value) {
    return value instanceof Json json ? json.text() : String.valueOf(value);
  }
}
