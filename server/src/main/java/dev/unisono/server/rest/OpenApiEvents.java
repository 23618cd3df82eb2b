package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import java.io.IOException;
import java.util.List;

/** What is sent to endpoints, in an OpenAPI document. For one thread. */
final class OpenApiEvents extends OpenApiPart {
  private static final String[] EVENTS = {"created", "updated", "deleted", "truncated"};
  private static final String CLOUD = "application/cloudevents+json";

  OpenApiEvents(JsonGenerator json) {
    super(json);
  }

  void webhooks(List<Entity> entities) throws IOException {
    for (Entity entity : entities) {
      object(
          entity.name(),
          () ->
              object(
                  "post",
                  () -> {
                    operation(
                        entity.plural(),
                        "sent_" + name(entity),
                        "What has become of " + entity.plural() + ".");
                    message(() -> {
                      media("application/json", "schemas/" + name(entity) + ".told");
                      media(CLOUD, "schemas/" + name(entity) + ".cloudevent");
                    });
                  }));
    }
    // No entity has such a name.
    object(
        "unisono.gap",
        () ->
            object(
                "post",
                () -> {
                  operation(
                      OpenApiEndpoints.TAG,
                      "webhooks_gap",
                      "Something was missed: read the records anew.");
                  message(() -> {
                    media("application/json", "schemas/unisono.Gap");
                    media(CLOUD, "schemas/unisono.Gap.cloudevent");
                  });
                }));
  }

  private void message(Part content) throws IOException {
    array("security", () -> {});
    array(
        "parameters",
        () -> {
          object(() -> ref("parameters/webhookId"));
          object(() -> ref("parameters/webhookTimestamp"));
          object(() -> ref("parameters/webhookSignature"));
        });
    body(content);
    object(
        "responses",
        () -> {
          object("2XX", () -> text("description", "It is taken."));
          object("410", () -> text("description", "Nothing more is wanted: it is disabled."));
          object(
              "default",
              () -> text("description", "It is sent again later; Retry-After is honoured."));
        });
  }

  /** Those of one entity. */
  void schemas(Entity entity) throws IOException {
    object(
        name(entity) + ".told",
        () -> {
          text("type", "object");
          names("required", "type", "timestamp", "cursor", "data");
          object(
              "properties",
              () -> {
                object("type", () -> types("", entity));
                object("timestamp", this::time);
                property("cursor", "string", "The position of the change.");
                object("data", () -> ref("schemas/" + name(entity) + ".event"));
              });
        });
    object(
        name(entity) + ".cloudevent",
        () -> {
          text("type", "object");
          names(
              "required", "specversion", "id", "source", "type", "time", "datacontenttype", "data");
          object(
              "properties",
              () -> {
                object("specversion", () -> text("const", "1.0"));
                property("id", "string", "The change's; with - behind it where a key was left.");
                object("source", () -> text("const", "/v1/changes/" + entity.plural()));
                object("type", () -> types("dev.unisono.", entity));
                property("subject", "string", "The key, as it stands in the record's path.");
                object("time", this::time);
                object("datacontenttype", () -> text("const", "application/json"));
                object("data", () -> ref("schemas/" + name(entity) + ".event"));
              });
        });
    object(name(entity) + ".event", () -> event(entity));
  }

  private void types(String before, Entity entity) throws IOException {
    text("type", "string");
    array(
        "enum",
        () -> {
          for (String event : EVENTS) {
            json.writeString(before + entity.name() + "." + event);
          }
        });
  }

  private void event(Entity entity) throws IOException {
    text("type", "object");
    names("required", "entity", "version", "time");
    object(
        "properties",
        () -> {
          object("entity", () -> text("const", entity.name()));
          property("key", "object", "The key's fields; none of `truncated`.");
          property("previousKey", "object", "The key before, where it has changed.");
          property("version", "integer", "The journal's number of the change.");
          object("time", this::time);
          property("origin", "string", "The system that it came from.");
          object("filter", () -> names("enum", "left", "unmatched", "unknown"));
          object(
              "changed",
              () -> {
                described("array", "Names of fields, where the record before is known.");
                object("items", () -> text("type", "string"));
              });
          object("record", () -> ref("schemas/" + name(entity)));
        });
  }

  /** Those of no entity. */
  void schemas() throws IOException {
    object(
        "unisono.Gap",
        () -> {
          text("type", "object");
          names("required", "type", "timestamp", "cursor", "data");
          object(
              "properties",
              () -> {
                object("type", () -> text("const", "gap"));
                object("timestamp", this::time);
                property("cursor", "string", "The oldest position that is held.");
                object("data", this::gap);
              });
        });
    object(
        "unisono.Gap.cloudevent",
        () -> {
          text("type", "object");
          names("required", "specversion", "id", "source", "type", "time", "data");
          object(
              "properties",
              () -> {
                object("specversion", () -> text("const", "1.0"));
                object("id", () -> text("type", "string"));
                object("source", () -> text("const", "/v1/changes"));
                object("type", () -> text("const", "dev.unisono.gap"));
                object("time", this::time);
                object("datacontenttype", () -> text("const", "application/json"));
                object("data", this::gap);
              });
        });
  }

  private void gap() throws IOException {
    text("type", "object");
    object(
        "properties",
        () -> {
          object("code", () -> text("const", "gap"));
          property("after", "string", "Up to there all was sent.");
          property("oldest", "string", "From there on it goes on.");
        });
  }
}
