package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.Field;
import java.io.IOException;
import java.util.List;

/** What the paths of an OpenAPI document refer to. For one thread. */
final class OpenApiComponents extends OpenApiPart {
  OpenApiComponents(JsonGenerator json) {
    super(json);
  }

  void write(List<Entity> entities) throws IOException {
    object(
        "securitySchemes",
        () ->
            object(
                "token",
                () -> {
                  text("type", "http");
                  text("scheme", "bearer");
                }));
    object(
        "schemas",
        () -> {
          OpenApiEvents events = new OpenApiEvents(json);
          for (Entity entity : entities) {
            schemas(entity);
            events.schemas(entity);
          }
          events.schemas();
          new OpenApiConsumers(json).schemas();
          new OpenApiEndpoints(json).schemas();
          new OpenApiPeople(json).schemas();
          new OpenApiClients(json).schemas();
          object("unisono.Problem", this::problem);
          object("unisono.Finding", this::finding);
          object("unisono.Held", this::held);
          object("unisono.Line", this::line);
        });
    new OpenApiParameters(json).write();
    object(
        "responses",
        () -> {
          refusal("400", "Something about the request is wrong; `field` says what.");
          refusal(
              "401", "The caller is not known, or what is brought is not signed as it must be.");
          refusal("403", "The caller is known and may not do it.");
          refusal("404", "There is no such record, or nothing at this path.");
          refusal("405", "Nothing that could be written owns it.");
          refusal(
              "409",
              "There is such a record, there are too many, or the request is being done already.");
          refusal("410", "The record was deleted; of changes: the cursor is not held any more.");
          refusal("412", "The record is of another version by now.");
          refusal("413", "The body is over 1 MiB.");
          refusal("415", "The body is of another type.");
          refusal("422", "The record would not be as it must; `findings` says all of it.");
          refusal(
              "429", "Too many attempts have failed; Retry-After says when the next may be made.");
          refusal("503", "The owner is out of reach, or it takes too long.");
          refusal("504", "It takes longer than one waits; a write is not lost.");
        });
  }

  private void schemas(Entity entity) throws IOException {
    object(
        name(entity),
        () -> {
          text("type", "object");
          object("properties", () -> allProperties(entity));
        });
    object(
        name(entity) + ".patch",
        () -> {
          text("type", "object");
          json.writeNumberField("minProperties", 1);
          json.writeBooleanField("additionalProperties", false);
          object(
              "properties",
              () -> {
                for (EntityField field : entity.fields()) {
                  if (!entity.schema().isKey(entity.schema().position(field.name()))) {
                    property(entity, field);
                  }
                }
              });
        });
    object(
        name(entity) + ".new",
        () -> {
          text("type", "object");
          json.writeBooleanField("additionalProperties", false);
          object("properties", () -> allProperties(entity));
        });
    object(
        name(entity) + ".line",
        () -> {
          text("type", "object");
          text("description", "The key's fields, and those to be changed.");
          json.writeBooleanField("additionalProperties", false);
          array(
              "required",
              () -> {
                for (int part = 0; part < entity.schema().keySize(); part++) {
                  json.writeString(entity.schema().field(entity.schema().keyPosition(part)).name());
                }
              });
          object("properties", () -> allProperties(entity));
        });
    object(
        name(entity) + ".page",
        () -> {
          text("type", "object");
          array("required", () -> json.writeString("items"));
          object(
              "properties",
              () -> {
                object(
                    "items",
                    () -> {
                      text("type", "array");
                      object("items", () -> ref("schemas/" + name(entity)));
                    });
                object(
                    "next",
                    () -> described("string", "To be sent as `after` for the page behind."));
                object(
                    "prev",
                    () -> described("string", "To be sent as `before` for the page before."));
                object(
                    "total",
                    () -> {
                      array(
                          "type",
                          () -> {
                            json.writeString("integer");
                            json.writeString("null");
                          });
                      text(
                          "description",
                          "How many there are, where it was asked for; null where counting takes"
                              + " too long.");
                    });
              });
        });
  }

  private void allProperties(Entity entity) throws IOException {
    for (EntityField field : entity.fields()) {
      property(entity, field);
    }
  }

  private void property(Entity entity, EntityField field) throws IOException {
    json.writeFieldName(field.name());
    Field known = entity.schema().field(entity.schema().position(field.name()));
    if (known.required()) {
      schema(field);
      return;
    }
    object(() ->
        array(
            "anyOf",
            () -> {
              schema(field);
              object(() -> text("type", "null"));
            }));
  }

  /** What the config says of the field. */
  private void schema(EntityField field) throws IOException {
    if (field.jsonSchema().contains("\"$ref\"")) {
      // What it says of other places in its own schema would lead nowhere here.
      object(() -> text("description", "As the schema of the entity has it."));
    } else {
      json.writeRawValue(field.jsonSchema());
    }
  }

  private void refusal(String status, String description) throws IOException {
    object(
        status,
        () -> {
          text("description", description);
          object(
              "content",
              () ->
                  object(
                      "application/problem+json",
                      () -> object("schema", () -> ref("schemas/unisono.Problem"))));
        });
  }

  private void problem() throws IOException {
    text("type", "object");
    array(
        "required",
        () -> {
          for (String name : new String[] {"type", "title", "status", "code", "detail"}) {
            json.writeString(name);
          }
        });
    object(
        "properties",
        () -> {
          object(
              "type",
              () -> {
                text("type", "string");
                text("format", "uri");
              });
          object("title", () -> text("type", "string"));
          object("status", () -> text("type", "integer"));
          object(
              "code",
              () -> described("string", "What kind of problem it is; always the same word."));
          object("detail", () -> described("string", "One sentence for people."));
          object("field", () -> described("string", "The field or the parameter that is meant."));
          object(
              "instance",
              () -> described("string", "By which the server's log names the request."));
          object(
              "findings",
              () -> {
                text("type", "array");
                object("items", () -> ref("schemas/unisono.Finding"));
              });
        });
  }

  private void finding() throws IOException {
    text("type", "object");
    object(
        "properties",
        () -> {
          object("code", () -> text("type", "string"));
          object("field", () -> text("type", "string"));
          object("path", () -> text("type", "string"));
          object("shape", () -> described("string", "What stands there, never the value itself."));
          object("message", () -> text("type", "string"));
        });
  }

  private void held() throws IOException {
    text("type", "object");
    object(
        "properties",
        () -> {
          object("state", () -> text("const", "held"));
          object("deadLetter", () -> text("type", "integer"));
          object(
              "findings",
              () -> {
                text("type", "array");
                object("items", () -> ref("schemas/unisono.Finding"));
              });
        });
  }

  private void line() throws IOException {
    text("type", "object");
    object(
        "properties",
        () -> {
          object("line", () -> described("integer", "The number of the line, from 1."));
          object("status", () -> described("integer", "As the same by itself is answered."));
          object("key", () -> text("type", "object"));
          object("version", () -> text("type", "integer"));
          object("problem", () -> ref("schemas/unisono.Problem"));
          object("whole", () -> described("boolean", "In the last line: whether all came."));
          object("lines", () -> text("type", "integer"));
          object("done", () -> text("type", "integer"));
          object("failed", () -> text("type", "integer"));
          object("cursor", () -> described("string", "The position that shows all of them."));
        });
  }
}
