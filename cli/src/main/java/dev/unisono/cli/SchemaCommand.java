package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.unisono.engine.config.Config.FirstLoad;
import dev.unisono.engine.config.ConfigKeys;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import dev.unisono.engine.config.SchemaKeys;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/**
 * The command {@code schema}: the config's shape as JSON Schema, made from what the reader and the
 * connectors declare, so that an editor completes and marks it.
 */
@Command(
    name = "schema",
    mixinStandardHelpOptions = true,
    description = "Prints the JSON Schema of the config, for editors.")
final class SchemaCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException {
    System.out.println(text(ServiceLoader.load(Connector.class)));
    return 0;
  }

  static String text(Iterable<Connector> connectors) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      json.setPrettyPrinter(new DefaultPrettyPrinter());
      json.writeStartObject();
      json.writeStringField("$schema", "https://json-schema.org/draft/2020-12/schema");
      json.writeStringField("title", "Unisono config");
      json.writeStringField("type", "object");
      required(json, ConfigKeys.ROOT);
      json.writeBooleanField("additionalProperties", false);
      json.writeObjectFieldStart("properties");
      object(json, "server", ConfigKeys.SERVER);
      object(json, "state", ConfigKeys.STATE);
      object(json, "webhooks", ConfigKeys.WEBHOOKS);
      AccessSchema.write(json);
      LimitSchema.write(json);
      byName(json, "systems", () -> system(json, connectors));
      byName(json, "entities", () -> entity(json));
      byName(json, "syncs", () -> sync(json));
      json.writeEndObject();
      json.writeEndObject();
    }
    return text.toString();
  }

  private interface Part {
    void write() throws IOException;
  }

  private static void byName(JsonGenerator json, String name, Part part) throws IOException {
    json.writeObjectFieldStart(name);
    json.writeStringField("type", "object");
    json.writeObjectFieldStart("additionalProperties");
    part.write();
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void object(JsonGenerator json, String name, List<ConfigKey> keys)
      throws IOException {
    json.writeObjectFieldStart(name);
    closed(json, keys);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : keys) {
      if (key.name().equals("tls")) {
        object(json, key.name(), ConfigKeys.TLS);
      } else if (key.name().equals("graphql")) {
        object(json, key.name(), ConfigKeys.GRAPHQL);
      } else if (key.available()) {
        plain(json, key);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  static void closed(JsonGenerator json, List<ConfigKey> keys) throws IOException {
    json.writeStringField("type", "object");
    required(json, keys);
    json.writeBooleanField("additionalProperties", false);
  }

  private static void required(JsonGenerator json, List<ConfigKey> keys) throws IOException {
    List<String> names = keys.stream().filter(ConfigKey::required).map(ConfigKey::name).toList();
    if (!names.isEmpty()) {
      json.writeArrayFieldStart("required");
      for (String name : names) {
        json.writeString(name);
      }
      json.writeEndArray();
    }
  }

  static void plain(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    if (!key.type().isEmpty()) {
      json.writeStringField("type", key.type());
    }
    described(json, key);
    json.writeEndObject();
  }

  static void described(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeStringField("description", key.description());
    String value = key.defaultValue();
    if (value != null) {
      json.writeFieldName("default");
      if (key.type().equals("string")) {
        json.writeString(value);
      } else {
        json.writeRawValue(value);
      }
    }
  }

  private static void system(JsonGenerator json, Iterable<Connector> connectors)
      throws IOException {
    json.writeArrayFieldStart("oneOf");
    for (Connector connector : ReferenceCommand.byKind(connectors)) {
      json.writeStartObject();
      json.writeStringField("type", "object");
      json.writeStringField("description", connector.description());
      json.writeArrayFieldStart("required");
      json.writeString("connector");
      for (Option option : connector.options()) {
        if (option.required()) {
          json.writeString(option.name());
        }
      }
      json.writeEndArray();
      json.writeBooleanField("additionalProperties", false);
      json.writeObjectFieldStart("properties");
      json.writeObjectFieldStart("connector");
      json.writeStringField("const", connector.kind());
      json.writeEndObject();
      for (ConfigKey key : ConfigKeys.SYSTEM) {
        if (key.name().equals("expose")) {
          expose(json, key);
        } else if (!key.required()) {
          plain(json, key);
        }
      }
      for (Option option : connector.options()) {
        option(json, option);
      }
      json.writeEndObject();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** True, or which tables. */
  private static void expose(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    described(json, key);
    json.writeArrayFieldStart("oneOf");
    json.writeStartObject();
    json.writeStringField("type", "boolean");
    json.writeEndObject();
    json.writeStartObject();
    closed(json, ConfigKeys.EXPOSE);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.EXPOSE) {
      if (part.type().equals("array")) {
        names(json, part);
      } else {
        plain(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void option(JsonGenerator json, Option option) throws IOException {
    json.writeObjectFieldStart(option.name());
    String type =
        switch (option.type()) {
          case INTEGER -> "integer";
          case BOOLEAN -> "boolean";
          case TEXT, DURATION, BYTES -> "string";
        };
    json.writeStringField("type", type);
    json.writeStringField("description", option.description());
    if (option.secret()) {
      json.writeStringField("pattern", "^\\$\\{(env|file):[^}]+\\}$");
    }
    if (!option.allowed().isEmpty()) {
      names(json, "enum", option.allowed());
    }
    String value = option.defaultValue();
    if (value != null) {
      json.writeFieldName("default");
      if (type.equals("string")) {
        json.writeString(value);
      } else {
        json.writeRawValue(value);
      }
    }
    json.writeEndObject();
  }

  static void names(JsonGenerator json, String field, List<String> names) throws IOException {
    json.writeArrayFieldStart(field);
    for (String name : names) {
      json.writeString(name);
    }
    json.writeEndArray();
  }

  static void choice(JsonGenerator json, ConfigKey key, List<String> values) throws IOException {
    json.writeObjectFieldStart(key.name());
    names(json, "enum", values);
    described(json, key);
    json.writeEndObject();
  }

  private static void entity(JsonGenerator json) throws IOException {
    closed(json, ConfigKeys.ENTITY);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : ConfigKeys.ENTITY) {
      if (!key.available()) {
        continue;
      }
      switch (key.name()) {
        case "index" -> index(json, key);
        case "key" -> {
          json.writeObjectFieldStart(key.name());
          names(json, "type", List.of("string", "array"));
          strings(json);
          described(json, key);
          json.writeEndObject();
        }
        case "schema" -> schema(json);
        case "cache-control" -> cacheControl(json, key);
        case "rules" -> fields(json, key, ConfigKeys.RULE, ConfigKeys.SEVERITIES);
        case "unique" -> fields(json, key, ConfigKeys.UNIQUE, ConfigKeys.SEVERITIES);
        case "references" -> fields(json, key, ConfigKeys.REFERENCE, ConfigKeys.SEVERITIES);
        case "relations" -> fields(json, key, ConfigKeys.RELATION, List.of());
        case "severity" -> severities(json, key);
        case "match" -> match(json, key);
        case "standardize" -> StepSchema.byField(json, key);
        default -> plain(json, key);
      }
    }
    json.writeEndObject();
  }

  /** Names, and lists of names. */
  private static void index(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    names(json, "type", List.of("string", "array"));
    json.writeObjectFieldStart("items");
    names(json, "type", List.of("string", "array"));
    strings(json);
    json.writeEndObject();
    described(json, key);
    json.writeEndObject();
  }

  private static void severities(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "object");
    described(json, key);
    json.writeObjectFieldStart("additionalProperties");
    names(json, "enum", ConfigKeys.SEVERITIES);
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void cacheControl(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    closed(json, ConfigKeys.CACHE_CONTROL);
    described(json, key);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.CACHE_CONTROL) {
      plain(json, part);
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void match(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "array");
    described(json, key);
    json.writeObjectFieldStart("items");
    closed(json, ConfigKeys.MATCH);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.MATCH) {
      if (part.name().equals("fuzzy")) {
        fuzzy(json, part);
      } else {
        names(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void fuzzy(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    closed(json, ConfigKeys.FUZZY);
    described(json, key);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : ConfigKeys.FUZZY) {
      switch (part.name()) {
        case "block" -> fields(json, part, ConfigKeys.BLOCK, ConfigKeys.BLOCK_KINDS);
        case "compare" -> fields(json, part, ConfigKeys.COMPARE, ConfigKeys.LIKENESSES);
        default -> plain(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  /** A list of what is done with fields or asked of them, each in one of some ways. */
  private static void fields(
      JsonGenerator json, ConfigKey key, List<ConfigKey> parts, List<String> ways)
      throws IOException {
    json.writeObjectFieldStart(key.name());
    json.writeStringField("type", "array");
    described(json, key);
    json.writeObjectFieldStart("items");
    closed(json, parts);
    json.writeObjectFieldStart("properties");
    for (ConfigKey part : parts) {
      switch (part.name()) {
        case "field" -> names(json, part);
        case "by", "severity" -> choice(json, part, ways);
        default -> plain(json, part);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }

  /** A name, or a list of them. */
  static void names(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    names(json, "type", List.of("string", "array"));
    strings(json);
    described(json, key);
    json.writeEndObject();
  }

  private static void strings(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("items");
    json.writeStringField("type", "string");
    json.writeEndObject();
  }

  private static void schema(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("schema");
    closed(json, SchemaKeys.ENTITY);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : SchemaKeys.ENTITY) {
      if (key.name().equals("properties")) {
        byName(json, "properties", () -> field(json, SchemaKeys.FIELD));
      } else {
        plain(json, key);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void field(JsonGenerator json, List<ConfigKey> keys) throws IOException {
    closed(json, keys);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : keys) {
      switch (key.name()) {
        case "type" -> fieldType(json, key);
        case "items" -> {
          json.writeObjectFieldStart(key.name());
          json.writeStringField("description", key.description());
          field(json, keys.stream().filter(other -> !other.equals(key)).toList());
          json.writeEndObject();
        }
        default -> plain(json, key);
      }
    }
    json.writeEndObject();
  }

  /** One type, or a list of it and null, as the reader takes it. */
  private static void fieldType(JsonGenerator json, ConfigKey key) throws IOException {
    json.writeObjectFieldStart(key.name());
    names(json, "type", List.of("string", "array"));
    strings(json);
    described(json, key);
    json.writeEndObject();
  }

  private static void conflict(JsonGenerator json) throws IOException {
    json.writeObjectFieldStart("conflict");
    closed(json, ConfigKeys.CONFLICT);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : ConfigKeys.CONFLICT) {
      switch (key.name()) {
        case "strategy" -> choice(json, key, ConfigKeys.STRATEGIES);
        case "deletes" -> choice(json, key, ConfigKeys.DELETES);
        default -> {
          json.writeObjectFieldStart(key.name());
          described(json, key);
          json.writeStringField("type", "object");
          json.writeObjectFieldStart("additionalProperties");
          fieldConflict(json);
          json.writeEndObject();
          json.writeEndObject();
        }
      }
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private static void fieldConflict(JsonGenerator json) throws IOException {
    json.writeArrayFieldStart("anyOf");
    json.writeStartObject();
    names(json, "enum", ConfigKeys.FIELD_STRATEGIES);
    json.writeEndObject();
    json.writeStartObject();
    closed(json, ConfigKeys.FIELD_CONFLICT);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : ConfigKeys.FIELD_CONFLICT) {
      json.writeObjectFieldStart(key.name());
      described(json, key);
      json.writeStringField("type", "string");
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndArray();
  }

  private static void sync(JsonGenerator json) throws IOException {
    closed(json, ConfigKeys.SYNC);
    json.writeObjectFieldStart("properties");
    json.writeObjectFieldStart("entity");
    json.writeStringField("type", "string");
    json.writeEndObject();
    for (ConfigKey key : ConfigKeys.SYNC) {
      switch (key.name()) {
        case "entity", "members", "conflict" -> {
          // Written below and above, each in a form of its own.
        }
        case "first-load" ->
            choice(json, key, Arrays.stream(FirstLoad.values()).map(FirstLoad::word).toList());
        case "schema-change" -> choice(json, key, List.of("evolve", "ignore", "stop"));
        default -> {
          if (key.available()) {
            plain(json, key);
          }
        }
      }
    }
    conflict(json);
    json.writeObjectFieldStart("members");
    json.writeStringField("type", "array");
    json.writeObjectFieldStart("items");
    closed(json, ConfigKeys.MEMBER);
    json.writeObjectFieldStart("properties");
    for (ConfigKey key : ConfigKeys.MEMBER) {
      switch (key.name()) {
        case "direction" -> choice(json, key, List.of("read", "write", "both"));
        case "deletes" -> choice(json, key, List.of("hard", "soft", "ignore"));
        case "on-refusal" -> choice(json, key, List.of("park", "stop"));
        case "collect", "deliver" -> StepSchema.byField(json, key);
        case "fields" -> ConversionSchema.byField(json, key);
        default -> plain(json, key);
      }
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }
}
