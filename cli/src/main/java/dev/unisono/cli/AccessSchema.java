package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.ConfigKeys;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import java.io.IOException;
import java.util.List;

/** The section {@code access} as JSON Schema. Has no state. */
final class AccessSchema {
  private AccessSchema() {}

  static void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("access");
    object(json, ConfigKeys.ACCESS, ConfigKeys.ROLE);
    json.writeEndObject();
  }

  /** Members of the schema of an object that has these keys and no others. */
  private static void object(JsonGenerator json, List<ConfigKey> keys) throws IOException {
    object(json, keys, List.of());
  }

  /**
   * @param role the keys of each role where they are described; none where they are named
   */
  private static void object(JsonGenerator json, List<ConfigKey> keys, List<ConfigKey> role)
      throws IOException {
    json.writeStringField("type", "object");
    json.writeArrayFieldStart("required");
    for (ConfigKey key : keys) {
      if (key.required()) {
        json.writeString(key.name());
      }
    }
    json.writeEndArray();
    json.writeBooleanField("additionalProperties", false);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : keys) {
      json.writeObjectFieldStart(key.name());
      json.writeStringField("description", key.description());
      type(json, key, role);
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void type(JsonGenerator json, ConfigKey key, List<ConfigKey> role)
      throws IOException {
    switch (key.name()) {
      case "roles" -> {
        if (key.type().equals("array")) {
          texts(json);
        } else {
          json.writeStringField("type", "object");
          json.writeObjectFieldStart("additionalProperties");
          if (role.isEmpty()) {
            json.writeStringField("type", "string");
          } else {
            object(json, role);
          }
          json.writeEndObject();
        }
      }
      case "grants" -> list(json, ConfigKeys.GRANT);
      case "rules" -> list(json, ConfigKeys.ACCESS_RULE);
      case "tests" -> list(json, ConfigKeys.ACCESS_TEST);
      case "oauth" -> object(json, ConfigKeys.OAUTH);
      case "issuers" -> list(json, ConfigKeys.ISSUER);
      case "caller" -> object(json, ConfigKeys.ACCESS_CALLER);
      default -> {
        if (key.type().equals("array")) {
          texts(json);
        } else {
          json.writeStringField("type", key.type());
        }
      }
    }
  }

  private static void list(JsonGenerator json, List<ConfigKey> keys) throws IOException {
    json.writeStringField("type", "array");
    json.writeObjectFieldStart("items");
    object(json, keys);
    json.writeEndObject();
  }

  /** A list of names; one stands for a list of one. */
  private static void texts(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("type");
    json.writeString("string");
    json.writeString("array");
    json.writeEndArray();
    json.writeObjectFieldStart("items");
    json.writeStringField("type", "string");
    json.writeEndObject();
  }
}
