package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.util.List;

/**
 * Describes the doors to the served entities as OpenAPI 3.1, by what the entities are now. For one
 * thread.
 */
public final class OpenApi {
  private static final List<String> COMPARISONS =
      List.of("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin");

  private final JsonGenerator json;

  private OpenApi(JsonGenerator json) {
    this.json = json;
  }

  /** Writes the whole document. */
  static void write(JsonGenerator json, List<Entity> entities, String version) throws IOException {
    new OpenApi(json).document(entities.stream().filter(Entity::served).toList(), version);
  }

  private interface Part {
    void write() throws IOException;
  }

  private void object(Part part) throws IOException {
    json.writeStartObject();
    part.write();
    json.writeEndObject();
  }

  private void object(String name, Part part) throws IOException {
    json.writeFieldName(name);
    object(part);
  }

  private void array(String name, Part part) throws IOException {
    json.writeArrayFieldStart(name);
    part.write();
    json.writeEndArray();
  }

  private void text(String name, String value) throws IOException {
    json.writeStringField(name, value);
  }

  private void ref(String to) throws IOException {
    text("$ref", "#/components/" + to);
  }

  private void document(List<Entity> entities, String version) throws IOException {
    object(() -> {
      text("openapi", "3.1.0");
      object(
          "info",
          () -> {
            text("title", "Unisono");
            text("version", version);
            text(
                "description",
                "Records that are kept in unison, and their changes. Each answer says by Unisono-Cursor"
                    + " what position of the journal it reflects.");
          });
      array("servers", () -> object(() -> text("url", "/")));
      array("security", () -> object(() -> array("token", () -> {})));
      array(
          "tags",
          () -> {
            for (Entity entity : entities) {
              object(() -> text("name", entity.plural()));
            }
          });
      object(
          "paths",
          () -> {
            for (Entity entity : entities) {
              object("/v1/" + entity.plural(), () -> object("get", () -> list(entity)));
              object("/v1/" + entity.plural() + "/{key}", () -> record(entity));
              object("/v1/changes/" + entity.plural(), () -> object("get", () -> changes(entity)));
            }
          });
      object("components", () -> components(entities));
    });
  }

  /** The entity's name by the letters that the names of components may have. */
  private static String name(Entity entity) {
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

  private void operation(Entity entity, String id, String summary) throws IOException {
    text("operationId", id);
    text("summary", summary);
    array("tags", () -> json.writeString(entity.plural()));
  }

  private void list(Entity entity) throws IOException {
    operation(
        entity,
        "list_" + entity.plural(),
        "Some of the " + entity.plural() + ", by conditions, in an order, page by page.");
    array(
        "parameters",
        () -> {
          for (EntityField field : entity.fields()) {
            if (entity.indexed().contains(field.name())) {
              condition(entity, field);
            }
          }
          for (String name :
              new String[] {"or", "and", "sort", "fields", "limit", "after", "before", "total"}) {
            object(() -> ref("parameters/" + name));
          }
          object(() -> ref("parameters/readAfter"));
        });
    object(
        "responses",
        () -> {
          answer("200", "A page of them.", true, () -> ref("schemas/" + name(entity) + ".page"));
          refusals("400", "401", "404", "503", "504");
        });
  }

  /** Written as {@code field[gt]=…}, which OpenAPI calls a deep object. */
  private void condition(Entity entity, EntityField field) throws IOException {
    object(() -> {
      text("name", field.name());
      text("in", "query");
      text(
          "description",
          "Conditions that all hold. field=value is the same as field[eq]=value. Of in and nin: values"
              + " with commas between.");
      text("style", "deepObject");
      json.writeBooleanField("explode", true);
      object(
          "schema",
          () -> {
            text("type", "object");
            json.writeBooleanField("additionalProperties", false);
            object(
                "properties",
                () -> {
                  for (String comparison : COMPARISONS) {
                    object(comparison, () -> text("type", "string"));
                  }
                  if (field.type() == ValueType.STRING) {
                    object("like", () -> text("type", "string"));
                  }
                  if (!entity.schema().isKey(entity.schema().position(field.name()))) {
                    object("null", () -> text("type", "boolean"));
                  }
                });
          });
    });
  }

  private void record(Entity entity) throws IOException {
    array(
        "parameters",
        () ->
            object(() -> {
              text("name", "key");
              text("in", "path");
              json.writeBooleanField("required", true);
              text("description", keyDescription(entity));
              object("schema", () -> text("type", "string"));
            }));
    object(
        "get",
        () -> {
          operation(entity, "get_" + name(entity), "One " + entity.name() + ".");
          array(
              "parameters",
              () -> {
                object(() -> ref("parameters/fields"));
                object(() -> ref("parameters/ifNoneMatch"));
                object(() -> ref("parameters/readAfter"));
              });
          object(
              "responses",
              () -> {
                answer("200", "The record.", true, () -> ref("schemas/" + name(entity)));
                object(
                    "304", () -> text("description", "It is still of the version that was named."));
                refusals("400", "401", "404", "410", "504");
              });
        });
    object(
        "patch",
        () -> {
          operation(
              entity,
              "patch_" + name(entity),
              "Changes some fields in the system that owns the record; answered once that is here.");
          array("parameters", () -> object(() -> ref("parameters/ifMatch")));
          object(
              "requestBody",
              () -> {
                json.writeBooleanField("required", true);
                object(
                    "content",
                    () ->
                        object(
                            "application/merge-patch+json",
                            () ->
                                object("schema", () -> ref("schemas/" + name(entity) + ".patch"))));
              });
          object(
              "responses",
              () -> {
                answer(
                    "200", "The record as it is then.", true, () -> ref("schemas/" + name(entity)));
                answer(
                    "202",
                    "A person is to let it through first.",
                    false,
                    () -> ref("schemas/unisono.Held"));
                refusals(
                    "400", "401", "404", "405", "410", "412", "413", "415", "422", "503", "504");
              });
        });
  }

  private static String keyDescription(Entity entity) {
    StringBuilder parts = new StringBuilder();
    for (int i = 0; i < entity.schema().keySize(); i++) {
      parts.append(i == 0 ? "" : ",");
      parts.append(entity.schema().field(entity.schema().keyPosition(i)).name());
    }
    return entity.schema().keySize() == 1
        ? "Its " + parts + "."
        : parts + ": each part percent-encoded, with commas between.";
  }

  private void changes(Entity entity) throws IOException {
    operation(
        entity,
        "changes_" + entity.plural(),
        "What becomes of the " + entity.plural() + ", as server-sent events.");
    array(
        "parameters",
        () -> {
          object(() -> ref("parameters/cursor"));
          object(() -> ref("parameters/snapshot"));
        });
    object(
        "responses",
        () -> {
          object(
              "200",
              () -> {
                text(
                    "description",
                    "Events that do not end: created, updated, deleted, truncated, gap.");
                object(
                    "content",
                    () ->
                        object(
                            "text/event-stream",
                            () -> object("schema", () -> text("type", "string"))));
              });
          refusals("400", "401", "404", "410");
        });
  }

  private void answer(String status, String description, boolean reflects, Part schema)
      throws IOException {
    object(
        status,
        () -> {
          text("description", description);
          if (reflects) {
            object(
                "headers",
                () -> {
                  object("Unisono-Cursor", () -> ref("headers/cursor"));
                  object("Unisono-Lag", () -> ref("headers/lag"));
                });
          }
          object("content", () -> object("application/json", () -> object("schema", schema)));
        });
  }

  private void refusals(String... statuses) throws IOException {
    for (String status : statuses) {
      object(status, () -> ref("responses/" + status));
    }
  }

  private void components(List<Entity> entities) throws IOException {
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
          for (Entity entity : entities) {
            schemas(entity);
          }
          object("unisono.Problem", this::problem);
          object("unisono.Finding", this::finding);
          object("unisono.Held", this::held);
        });
    object("parameters", this::parameters);
    object(
        "headers",
        () -> {
          header("cursor", "The position of the journal that the answer reflects.", "string");
          header(
              "lag",
              "Seconds from the next change's commit until now; 0.000 where there is none.",
              "number");
        });
    object(
        "responses",
        () -> {
          refusal("400", "Something about the request is wrong; `field` says what.");
          refusal("401", "The caller is not known.");
          refusal("404", "There is no such record, or nothing at this path.");
          refusal("405", "Nothing that could be written owns it.");
          refusal("410", "The record was deleted; of changes: the cursor is not held any more.");
          refusal("412", "The record is of another version by now.");
          refusal("413", "The body is over 1 MiB.");
          refusal("415", "The body is no merge patch.");
          refusal("422", "The record would not be as it must; `findings` says all of it.");
          refusal("503", "The owner is out of reach, or the list takes too long.");
          refusal("504", "It takes longer than one waits; a write is not lost.");
        });
  }

  private void schemas(Entity entity) throws IOException {
    object(
        name(entity),
        () -> {
          text("type", "object");
          object(
              "properties",
              () -> {
                for (EntityField field : entity.fields()) {
                  property(entity, field);
                }
              });
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

  private void described(String type, String description) throws IOException {
    text("type", type);
    text("description", description);
  }

  private void header(String name, String description, String type) throws IOException {
    object(
        name,
        () -> {
          text("description", description);
          object("schema", () -> text("type", type));
        });
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

  private void parameters() throws IOException {
    parameter(
        "or",
        "query",
        "One of these conditions holds at least, as in"
            + " or=(country=DE,and(balance[gt]=1000,name[null]=false)).");
    parameter("and", "query", "All of these conditions hold.");
    parameter("sort", "query", "Fields with commas between, - before one for descending.");
    parameter("fields", "query", "These fields alone, with commas between.");
    object(
        "limit",
        () -> {
          named("limit", "query", "How many at most.");
          object(
              "schema",
              () -> {
                text("type", "integer");
                json.writeNumberField("minimum", 1);
                json.writeNumberField("maximum", 1_000);
                json.writeNumberField("default", 50);
              });
        });
    parameter("after", "query", "The `next` of the page at hand.");
    parameter("before", "query", "The `prev` of the page at hand.");
    object(
        "total",
        () -> {
          named("total", "query", "Whether all that fulfil the conditions are counted.");
          object("schema", () -> text("type", "boolean"));
        });
    object(
        "cursor",
        () -> {
          named(
              "after",
              "query",
              "The cursor to go on after; Last-Event-ID is the same as a header.");
          object("schema", () -> text("type", "string"));
        });
    object(
        "snapshot",
        () -> {
          named("snapshot", "query", "Whether all records come first.");
          object("schema", () -> text("type", "boolean"));
        });
    object(
        "readAfter",
        () -> {
          named("Unisono-After", "header", "A cursor: it is waited until the answer reflects it.");
          object("schema", () -> text("type", "string"));
        });
    object(
        "ifMatch",
        () -> {
          named("If-Match", "header", "The version that the record must have, as its ETag.");
          object("schema", () -> text("type", "string"));
        });
    object(
        "ifNoneMatch",
        () -> {
          named("If-None-Match", "header", "The versions that the caller has.");
          object("schema", () -> text("type", "string"));
        });
  }

  private void parameter(String name, String in, String description) throws IOException {
    object(
        name,
        () -> {
          named(name, in, description);
          object("schema", () -> text("type", "string"));
        });
  }

  private void named(String name, String in, String description) throws IOException {
    text("name", name);
    text("in", in);
    text("description", description);
  }
}
