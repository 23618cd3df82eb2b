package dev.unisono.engine.config;

import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import java.util.List;

/**
 * Every keyword that the schema of an entity, or of one of its fields, may have: all of JSON Schema
 * 2020-12.
 */
public final class SchemaKeys {
  private SchemaKeys() {}

  private static ConfigKey key(String name, String type, boolean required, String description) {
    return new ConfigKey(name, type, required, null, true, description);
  }

  /** What the schema of one field may say; a type that is empty is any. */
  public static final List<ConfigKey> FIELD =
      List.of(
          key(
              "type",
              "string",
              false,
              "integer, number, string, boolean, object (any document) or array; a list of several with object or array among them is any document, too. It may be left out beside a $ref into the schema's $defs."),
          key(
              "format",
              "string",
              false,
              "For a string: date-time, date, time, uuid or decimal (every digit kept, as text), which give the field its type, or one that the text must have: email, uri, hostname, ipv4, ipv6, duration, regex, json-pointer and the others of JSON Schema; for a number: double."),
          key("contentEncoding", "string", false, "base64 for bytes."),
          key(
              "items",
              "object",
              false,
              "For an array of values of one type: what each of them is, written like a field. Without it an array is any JSON document."),
          key("minLength", "integer", false, "The least number of characters."),
          key("maxLength", "integer", false, "The greatest number of characters."),
          key("pattern", "string", false, "A regular expression that must be found in the text."),
          key("minimum", "number", false, "The least number."),
          key("maximum", "number", false, "The greatest number."),
          key("exclusiveMinimum", "number", false, "The number must be more than this."),
          key("exclusiveMaximum", "number", false, "The number must be less than this."),
          key("multipleOf", "number", false, "The number must be a multiple of this."),
          key("enum", "array", false, "The values allowed."),
          key("const", "", false, "The one value allowed."),
          key("minItems", "integer", false, "The least number of elements."),
          key("maxItems", "integer", false, "The greatest number of elements."),
          key("uniqueItems", "boolean", false, "Whether no element may be there twice."),
          key("title", "string", false, "A name for people."),
          key("description", "string", false, "What it means."),
          key("$ref", "string", false, "As JSON Schema has it."),
          key("$dynamicRef", "string", false, "As JSON Schema has it."),
          key("$defs", "object", false, "As JSON Schema has it."),
          key("$id", "string", false, "As JSON Schema has it."),
          key("$anchor", "string", false, "As JSON Schema has it."),
          key("$dynamicAnchor", "string", false, "As JSON Schema has it."),
          key("$comment", "string", false, "As JSON Schema has it; asks nothing."),
          key("allOf", "array", false, "As JSON Schema has it."),
          key("anyOf", "array", false, "As JSON Schema has it."),
          key("oneOf", "array", false, "As JSON Schema has it."),
          key("not", "", false, "As JSON Schema has it."),
          key("if", "", false, "As JSON Schema has it."),
          key("then", "", false, "As JSON Schema has it."),
          key("else", "", false, "As JSON Schema has it."),
          key("prefixItems", "array", false, "As JSON Schema has it."),
          key("contains", "", false, "As JSON Schema has it."),
          key("minContains", "integer", false, "As JSON Schema has it."),
          key("maxContains", "integer", false, "As JSON Schema has it."),
          key("unevaluatedItems", "", false, "As JSON Schema has it."),
          key("properties", "object", false, "As JSON Schema has it."),
          key("patternProperties", "object", false, "As JSON Schema has it."),
          key("additionalProperties", "", false, "As JSON Schema has it."),
          key("unevaluatedProperties", "", false, "As JSON Schema has it."),
          key("propertyNames", "", false, "As JSON Schema has it."),
          key("required", "array", false, "As JSON Schema has it."),
          key("dependentRequired", "object", false, "As JSON Schema has it."),
          key("dependentSchemas", "object", false, "As JSON Schema has it."),
          key("minProperties", "integer", false, "As JSON Schema has it."),
          key("maxProperties", "integer", false, "As JSON Schema has it."),
          key("contentMediaType", "string", false, "As JSON Schema has it; asks nothing."),
          key("contentSchema", "", false, "As JSON Schema has it; asks nothing."),
          key("default", "", false, "As JSON Schema has it; asks nothing."),
          key("examples", "array", false, "As JSON Schema has it; asks nothing."),
          key("deprecated", "boolean", false, "As JSON Schema has it; asks nothing."),
          key("readOnly", "boolean", false, "As JSON Schema has it; asks nothing."),
          key("writeOnly", "boolean", false, "As JSON Schema has it; asks nothing."));

  /** What the schema of an entity may say. */
  public static final List<ConfigKey> ENTITY =
      List.of(
          key(
              "file",
              "string",
              false,
              "A file with the schema, YAML or JSON, relative to this one; nothing else stands beside it."),
          key("type", "string", false, "object."),
          key("properties", "object", false, "The fields, by name."),
          key("required", "array", false, "Fields that must have a value."),
          key(
              "additionalProperties",
              "",
              false,
              "As JSON Schema has it; a record has no other fields."),
          key(
              "unevaluatedProperties",
              "",
              false,
              "As JSON Schema has it; a record has no other fields."),
          key("title", "string", false, "A name for people."),
          key("description", "string", false, "What it means."),
          key("$schema", "string", false, "As JSON Schema has it."),
          key("$id", "string", false, "As JSON Schema has it."),
          key("$comment", "string", false, "As JSON Schema has it; asks nothing."),
          key("$anchor", "string", false, "As JSON Schema has it."),
          key("$dynamicAnchor", "string", false, "As JSON Schema has it."),
          key("$defs", "object", false, "As JSON Schema has it."),
          key("$ref", "string", false, "As JSON Schema has it."),
          key("$dynamicRef", "string", false, "As JSON Schema has it."),
          key("allOf", "array", false, "As JSON Schema has it."),
          key("anyOf", "array", false, "As JSON Schema has it."),
          key("oneOf", "array", false, "As JSON Schema has it."),
          key("not", "", false, "As JSON Schema has it."),
          key("if", "", false, "As JSON Schema has it."),
          key("then", "", false, "As JSON Schema has it."),
          key("else", "", false, "As JSON Schema has it."),
          key("patternProperties", "object", false, "As JSON Schema has it."),
          key("propertyNames", "", false, "As JSON Schema has it."),
          key("dependentRequired", "object", false, "As JSON Schema has it."),
          key("dependentSchemas", "object", false, "As JSON Schema has it."),
          key("minProperties", "integer", false, "As JSON Schema has it."),
          key("maxProperties", "integer", false, "As JSON Schema has it."),
          key("enum", "array", false, "As JSON Schema has it."),
          key("const", "", false, "As JSON Schema has it."),
          key("default", "", false, "As JSON Schema has it; asks nothing."),
          key("examples", "array", false, "As JSON Schema has it; asks nothing."),
          key("deprecated", "boolean", false, "As JSON Schema has it; asks nothing."),
          key("readOnly", "boolean", false, "As JSON Schema has it; asks nothing."),
          key("writeOnly", "boolean", false, "As JSON Schema has it; asks nothing."));
}
