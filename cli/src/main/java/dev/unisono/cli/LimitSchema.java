package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.ConfigKeys;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import java.io.IOException;
import java.util.List;

/** Writes the JSON Schema of limits, for editors. Has no state. */
final class LimitSchema {
  private LimitSchema() {}

  static void write(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("limits");
    SchemaCommand.closed(json, ConfigKeys.LIMITS);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : ConfigKeys.LIMITS) {
      switch (key.name()) {
        case "store" -> store(json, key);
        case "tiers" -> tiers(json, key);
        case "trusted-proxies" -> SchemaCommand.names(json, key);
        case "rules" -> rules(json, key);
        default -> SchemaCommand.choice(json, key, List.of("x-forwarded-for", "forwarded"));
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  /** The word memory, or which Redis. */
  private static void store(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    SchemaCommand.described(json, key);
    json.writeArrayFieldStart("oneOf");
    json.writeStartObject();
    json.writeStringField("const", "memory");
    json.writeEndObject();
    json.writeStartObject();
    SchemaCommand.closed(json, ConfigKeys.LIMIT_STORE);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.LIMIT_STORE) {
      if (part.name().equals("when-away")) {
        SchemaCommand.choice(json, part, List.of("local", "refuse"));
      } else {
        SchemaCommand.plain(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void tiers(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "object");
    SchemaCommand.described(json, key);
    json.writeObjectFieldStart("additionalProperties");
    json.writeStringField("type", "integer");
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void rules(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "array");
    SchemaCommand.described(json, key);
    json.writeObjectFieldStart("items");
    SchemaCommand.closed(json, ConfigKeys.LIMIT_RULE);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.LIMIT_RULE) {
      switch (part.name()) {
        case "by" -> words(json, part, ConfigKeys.LIMIT_BY);
        case "for" -> scope(json, part);
        case "counts" -> SchemaCommand.choice(json, part, ConfigKeys.LIMIT_COUNTS);
        case "algorithm" -> SchemaCommand.choice(json, part, ConfigKeys.LIMIT_ALGORITHMS);
        case "levels" -> SchemaCommand.names(json, part);
        default -> SchemaCommand.plain(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void scope(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    SchemaCommand.closed(json, ConfigKeys.LIMIT_SCOPE);
    SchemaCommand.described(json, key);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.LIMIT_SCOPE) {
      if (part.name().equals("methods")) {
        words(json, part, ConfigKeys.LIMIT_METHODS);
      } else {
        SchemaCommand.names(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  /** One of some words, or a list of them. */
  private static void words(JsonGenerator json, ConfigKey key, List<String> words)
      throws IOException {
    json.writeObjectFieldStart(key.name());
    SchemaCommand.described(json, key);
    json.writeArrayFieldStart("anyOf");
    json.writeStartObject();
    SchemaCommand.names(json, "enum", words);
    json.writeEndObject();
    json.writeStartObject();
    json.writeStringField("type", "array");
    json.writeObjectFieldStart("items");
    SchemaCommand.names(json, "enum", words);
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }
}
