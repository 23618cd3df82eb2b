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
