package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.ConfigKeys;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import java.io.IOException;
import java.util.List;

/**
 * Writes the JSON Schema of a member's fields with their conversions, for editors. Has no state.
 */
final class ConversionSchema {
  private ConversionSchema() {}

  /** For each field a column, null, or a mapping. */
  static void byField(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "object");
    json.writeStringField("description", key.description());
    json.writeObjectFieldStart("additionalProperties");
    json.writeArrayFieldStart("anyOf");
    json.writeStartObject();
    types(json, List.of("string", "null"));
    json.writeEndObject();
    json.writeStartObject();
    json.writeStringField("type", "object");
    json.writeArrayFieldStart("required");
    json.writeString("convert");
    json.writeEndArray();
    json.writeBooleanField("additionalProperties", false);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.CONVERTED_FIELD) {
      if (part.name().equals("convert")) {
        conversion(json, part);
      } else {
        key(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void conversion(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "object");
    json.writeStringField("description", key.description());
    json.writeBooleanField("additionalProperties", false);
    json.writeObjectFieldStart("properties");
    for (ConfigKey kind : ConfigKeys.CONVERSIONS) {
      key(json, kind);
    }
    for (ConfigKey option : ConfigKeys.CONVERSION_OPTIONS) {
      key(json, option);
    }
    json.writeEndObject();
    json.writeArrayFieldStart("oneOf");
    for (ConfigKey kind : ConfigKeys.CONVERSIONS) {
      json.writeStartObject();
      json.writeArrayFieldStart("required");
      json.writeString(kind.name());
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  /** A scale is a number, quoted or not. */
  private static void key(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    types(json, key.name().equals("scale") ? List.of("number", "string") : List.of(key.type()));
    json.writeStringField("description", key.description());
    json.writeEndObject();
  }

  private static void types(JsonGenerator json, List<String> types) throws IOException {
    json.writeArrayFieldStart("type");
    for (String type : types) {
      json.writeString(type);
    }
    json.writeEndArray();
  }
}
