package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import java.io.IOException;

/** A part of an OpenAPI document as it is written. For one thread. */
abstract class OpenApiPart {
  final JsonGenerator json;

  OpenApiPart(JsonGenerator json) {
    this.json = json;
  }

  /** Something inside. */
  interface Part {
    void write() throws IOException;
  }

  void object(Part part) throws IOException {
    json.writeStartObject();
    part.write();
    json.writeEndObject();
  }

  void object(String name, Part part) throws IOException {
    json.writeFieldName(name);
    object(part);
  }

  void array(String name, Part part) throws IOException {
    json.writeArrayFieldStart(name);
    part.write();
    json.writeEndArray();
  }

  void text(String name, String value) throws IOException {
    json.writeStringField(name, value);
  }

  void ref(String to) throws IOException {
    text("$ref", "#/components/" + to);
  }

  void described(String type, String description) throws IOException {
    text("type", type);
    text("description", description);
  }

  void property(String name, String type, String description) throws IOException {
    object(name, () -> described(type, description));
  }

  /** A property that may be null. */
  void nullable(String name, String type, String description) throws IOException {
    object(
        name,
        () -> {
          names("type", type, "null");
          text("description", description);
        });
  }

  void time() throws IOException {
    text("type", "string");
    text("format", "date-time");
  }

  void items(String of) throws IOException {
    text("type", "array");
    object("items", () -> ref(of));
  }

  /** A list that has no pages. */
  void list(String of) throws IOException {
    text("type", "object");
    names("required", "items");
    object("properties", () -> object("items", () -> items(of)));
  }

  /** A parameter of the path. */
  void path(String name, String description, String type) throws IOException {
    object(() -> {
      text("name", name);
      text("in", "path");
      json.writeBooleanField("required", true);
      text("description", description);
      object("schema", () -> text("type", type));
    });
  }

  /** An array of names. */
  void names(String name, String... values) throws IOException {
    array(
        name,
        () -> {
          for (String value : values) {
            json.writeString(value);
          }
        });
  }

  void operation(String tag, String id, String summary) throws IOException {
    text("operationId", id);
    text("summary", summary);
    names("tags", tag);
  }

  void body(Part content) throws IOException {
    object(
        "requestBody",
        () -> {
          json.writeBooleanField("required", true);
          object("content", content);
        });
  }

  void media(String type, String schema) throws IOException {
    object(type, () -> object("schema", () -> ref(schema)));
  }

  void answer(String status, String description, boolean reflects, Part schema) throws IOException {
    object(
        status,
        () -> {
          text("description", description);
          if (reflects) {
            reflects();
          }
          object("content", () -> object("application/json", () -> object("schema", schema)));
        });
  }

  void reflects() throws IOException {
    object(
        "headers",
        () -> {
          object("Unisono-Cursor", () -> ref("headers/cursor"));
          object("Unisono-Lag", () -> ref("headers/lag"));
          object("Unisono-Stale", () -> ref("headers/stale"));
        });
  }

  void refusals(String... statuses) throws IOException {
    for (String status : statuses) {
      object(status, () -> ref("responses/" + status));
    }
  }

  /** The entity's name by the letters that the names of components may have. */
  static String name(Entity entity) {
    StringBuilder name = new StringBuilder();
    entity
        .name()
        .codePoints()
        .forEach(letter -> {
          boolean plain = letter < 128 && (Character.isLetterOrDigit(letter) || letter == '-');
          name.append(plain ? Character.toString(letter) : "_" + Integer.toHexString(letter));
        });
    return name.toString();
  }
}
