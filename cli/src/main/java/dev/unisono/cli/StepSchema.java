package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import dev.unisono.engine.standardize.StepKind;
import java.io.IOException;

/** Writes the JSON Schema of standardize steps by field, for editors. Has no state. */
final class StepSchema {
  private StepSchema() {}

  static void byField(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "object");
    json.writeStringField("description", key.description());
    json.writeObjectFieldStart("additionalProperties");
    json.writeArrayFieldStart("anyOf");
    step(json);
    json.writeStartObject();
    json.writeStringField("type", "array");
    json.writeObjectFieldStart("items");
    json.writeArrayFieldStart("anyOf");
    step(json);
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndObject();
  }

  /** A step by its name alone, or with its options. */
  private static void step(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("enum");
    for (StepKind kind : StepKind.values()) {
      json.writeString(kind.word());
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeStartObject();
    json.writeStringField("type", "object");
    json.writeNumberField("minProperties", 1);
    json.writeNumberField("maxProperties", 1);
    json.writeBooleanField("additionalProperties", false);
    json.writeObjectFieldStart("properties");
    for (StepKind kind : StepKind.values()) {
      json.writeObjectFieldStart(kind.word());
      json.writeStringField("type", "object");
      json.writeStringField("description", kind.description());
      json.writeBooleanField("additionalProperties", false);
      json.writeObjectFieldStart("properties");
      for (ConfigKey option : kind.options()) {
        option(json, option);
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    option(json, StepKind.EXPRESSION);
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void option(JsonGenerator json, ConfigKey option) throws IOException {
    json.writeObjectFieldStart(option.name());
    json.writeArrayFieldStart("type");
    json.writeString("string");
    if (option.type().equals("array")) {
      json.writeString("array");
    }
    json.writeEndArray();
    json.writeStringField("description", option.description());
    json.writeEndObject();
  }
}
