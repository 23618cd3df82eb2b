package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The doors to the served entities as a collection of Postman's (format 2.1), with the server's
 * address and the token as variables. For one thread.
 */
final class PostmanCollection {
  private static final String FORMAT =
      "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

  private final JsonGenerator json;
  private final String address;

  private PostmanCollection(JsonGenerator json, String address) {
    this.json = json;
    this.address = address;
  }

  /**
   * Writes the whole of it.
   *
   * @param address of the server as its caller has it, such as {@code http://127.0.0.1:8080}
   */
  static void write(JsonGenerator json, List<Entity> entities, String address) throws IOException {
    new PostmanCollection(json, address)
        .collection(entities.stream().filter(Entity::served).toList());
  }

  private void collection(List<Entity> entities) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("info");
    json.writeStringField("name", "Unisono");
    json.writeStringField("schema", FORMAT);
    json.writeEndObject();
    json.writeObjectFieldStart("auth");
    json.writeStringField("type", "bearer");
    json.writeArrayFieldStart("bearer");
    pair("token", "{{token}}", "string");
    json.writeEndArray();
    json.writeEndObject();
    json.writeArrayFieldStart("variable");
    pair("address", address, "string");
    pair("token", "", "string");
    json.writeEndArray();
    json.writeArrayFieldStart("item");
    for (Entity entity : entities) {
      json.writeStartObject();
      json.writeStringField("name", entity.plural());
      json.writeArrayFieldStart("item");
      requests(entity);
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void pair(String key, String value, String type) throws IOException {
    json.writeStartObject();
    json.writeStringField("key", key);
    json.writeStringField("value", value);
    json.writeStringField("type", type);
    json.writeEndObject();
  }

  private void requests(Entity entity) throws IOException {
    String one = entity.name();
    request("List " + entity.plural(), "GET", entity, false, "limit", null);
    request("Get one " + one, "GET", entity, true, null, null);
    request("Make one " + one, "POST", entity, false, null, "application/json");
    request("Replace one " + one, "PUT", entity, true, null, "application/json");
    request("Change one " + one, "PATCH", entity, true, null, "application/merge-patch+json");
    request("Delete one " + one, "DELETE", entity, true, null, null);
  }

  private void request(
      String name,
      String method,
      Entity entity,
      boolean ofOne,
      @Nullable String parameter,
      @Nullable String bodyType)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("name", name);
    json.writeObjectFieldStart("request");
    json.writeStringField("method", method);
    json.writeArrayFieldStart("header");
    if (bodyType != null) {
      pair("Content-Type", bodyType, "text");
    }
    json.writeEndArray();
    json.writeObjectFieldStart("url");
    json.writeStringField(
        "raw",
        "{{address}}/v1/"
            + entity.plural()
            + (ofOne ? "/:key" : "")
            + (parameter == null ? "" : "?" + parameter + "=50"));
    array("host", "{{address}}");
    if (ofOne) {
      array("path", "v1", entity.plural(), ":key");
      json.writeArrayFieldStart("variable");
      pair("key", "", "string");
      json.writeEndArray();
    } else {
      array("path", "v1", entity.plural());
    }
    if (parameter != null) {
      json.writeArrayFieldStart("query");
      pair(parameter, "50", "text");
      json.writeEndArray();
    }
    json.writeEndObject();
    if (bodyType != null) {
      json.writeObjectFieldStart("body");
      json.writeStringField("mode", "raw");
      json.writeStringField("raw", example(entity, ofOne));
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void array(String name, String... values) throws IOException {
    json.writeArrayFieldStart(name);
    for (String value : values) {
      json.writeString(value);
    }
    json.writeEndArray();
  }

  /** All fields without a value, to be filled in; the key stands in the path of one. */
  private static String example(Entity entity, boolean ofOne) {
    StringBuilder body = new StringBuilder("{");
    for (EntityField field : entity.fields()) {
      if (ofOne && entity.schema().isKey(entity.schema().position(field.name()))) {
        continue;
      }
      body.append(body.length() == 1 ? "\n  " : ",\n  ")
          .append('"')
          .append(field.name().replace("\\", "\\\\").replace("\"", "\\\""))
          .append("\": null");
    }
    return body.append("\n}").toString();
  }
}
