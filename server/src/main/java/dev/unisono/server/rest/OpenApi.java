package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.spi.ValueType;
import java.io.IOException;
import java.util.List;

/**
 * Describes the doors to the served entities as OpenAPI 3.1, by what the entities are now. For one
 * thread.
 */
public final class OpenApi extends OpenApiPart {
  private static final String LINES = "application/x-ndjson";

  private static final List<String> COMPARISONS =
      List.of("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin");

  private OpenApi(JsonGenerator json) {
    super(json);
  }

  /** Writes the whole document. */
  static void write(JsonGenerator json, List<Entity> entities, String version) throws IOException {
    new OpenApi(json).document(entities.stream().filter(Entity::served).toList(), version);
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
              tag(entity.plural(), "The " + entity.plural() + ": read, written and followed.");
            }
            tag(OpenApiConsumers.TAG, "How far consumers of changes are.");
            tag(OpenApiEndpoints.TAG, "Webhooks: endpoints that changes are sent to, and back.");
            tag(OpenApiPeople.TAG, "Who may call: keys, users, sessions, the audit, oneself.");
            tag(OpenApiClients.TAG, "OAuth 2 clients: programs that are given tokens.");
          });
      object(
          "paths",
          () -> {
            for (Entity entity : entities) {
              object("/v1/" + entity.plural(), () -> collection(entity));
              object("/v1/" + entity.plural() + "/{key}", () -> record(entity));
              object("/v1/changes/" + entity.plural(), () -> object("get", () -> changes(entity)));
            }
            new OpenApiConsumers(json).paths();
            new OpenApiEndpoints(json).paths();
            new OpenApiPeople(json).paths();
            new OpenApiClients(json).paths();
          });
      object("webhooks", () -> new OpenApiEvents(json).webhooks(entities));
      object("components", () -> new OpenApiComponents(json).write(entities));
    });
  }

  private void tag(String name, String description) throws IOException {
    object(() -> {
      text("name", name);
      text("description", description);
    });
  }

  private void collection(Entity entity) throws IOException {
    object("get", () -> list(entity));
    object(
        "post",
        () -> {
          operation(
              entity.plural(),
              "create_" + name(entity),
              "Makes one, in the system that owns them; or many, as lines of JSON.");
          array("parameters", this::writeParameters);
          body(() -> {
            media("application/json", "schemas/" + name(entity) + ".new");
            media(LINES, "schemas/" + name(entity) + ".new");
          });
          object(
              "responses",
              () -> {
                bulkAnswer();
                made(entity);
                held();
                refusals("400", "401", "404", "405", "409", "413", "415", "422", "503", "504");
              });
        });
    bulk(entity, "put", "replace_" + entity.plural(), "Puts many in their places.", ".new");
    bulk(entity, "patch", "patch_" + entity.plural(), "Changes some fields of many.", ".line");
    bulk(entity, "delete", "delete_" + entity.plural(), "Deletes many, by their keys.", ".line");
  }

  private void bulk(Entity entity, String method, String id, String summary, String schema)
      throws IOException {
    object(
        method,
        () -> {
          operation(
              entity.plural(), id, summary + " A line of JSON for each, its key among its fields.");
          array("parameters", () -> object(() -> ref("parameters/prefer")));
          body(() -> media(LINES, "schemas/" + name(entity) + schema));
          object(
              "responses",
              () -> {
                bulkAnswer();
                refusals("400", "401", "404", "415");
              });
        });
  }

  private void bulkAnswer() throws IOException {
    object(
        "200",
        () -> {
          text(
              "description",
              "Of many: a line for each, in their order, and one at the end that says how many.");
          object("content", () -> media(LINES, "schemas/unisono.Line"));
        });
  }

  private void made(Entity entity) throws IOException {
    answer("201", "It was made; Location says where.", true, () -> ref("schemas/" + name(entity)));
  }

  private void held() throws IOException {
    answer("202", "A person is to let it through first.", false, () -> ref("schemas/unisono.Held"));
  }

  private void writeParameters() throws IOException {
    for (String name : new String[] {"idempotencyKey", "prefer"}) {
      object(() -> ref("parameters/" + name));
    }
  }

  private void list(Entity entity) throws IOException {
    operation(
        entity.plural(),
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
              new String[] {
                "or", "and", "sort", "fields", "embed", "limit", "after", "before", "total"
              }) {
            object(() -> ref("parameters/" + name));
          }
          object(() -> ref("parameters/readAfter"));
        });
    object(
        "responses",
        () -> {
          object(
              "200",
              () -> {
                text("description", "A page of them; as lines of JSON, all of them.");
                reflects();
                object(
                    "content",
                    () -> {
                      media("application/json", "schemas/" + name(entity) + ".page");
                      media(LINES, "schemas/" + name(entity));
                    });
              });
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
    array("parameters", () -> path("key", keyDescription(entity), "string"));
    object(
        "get",
        () -> {
          operation(entity.plural(), "get_" + name(entity), "One " + entity.name() + ".");
          array(
              "parameters",
              () -> {
                object(() -> ref("parameters/fields"));
                object(() -> ref("parameters/embed"));
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
              entity.plural(),
              "patch_" + name(entity),
              "Changes some fields in the system that owns the record; answered once that is here.");
          array(
              "parameters",
              () -> {
                object(() -> ref("parameters/ifMatch"));
                writeParameters();
              });
          body(() -> media("application/merge-patch+json", "schemas/" + name(entity) + ".patch"));
          object(
              "responses",
              () -> {
                done(entity);
                held();
                refusals(
                    "400", "401", "404", "405", "409", "410", "412", "413", "415", "422", "503",
                    "504");
              });
        });
    object(
        "put",
        () -> {
          operation(
              entity.plural(),
              "put_" + name(entity),
              "Puts it in the place of what is there, or makes it. What is not given becomes null.");
          array(
              "parameters",
              () -> {
                object(() -> ref("parameters/ifMatch"));
                object(() -> ref("parameters/ifNoneMatch"));
                writeParameters();
              });
          body(() -> media("application/json", "schemas/" + name(entity) + ".new"));
          object(
              "responses",
              () -> {
                done(entity);
                made(entity);
                held();
                refusals(
                    "400", "401", "404", "405", "409", "412", "413", "415", "422", "503", "504");
              });
        });
    object(
        "delete",
        () -> {
          operation(
              entity.plural(), "delete_" + name(entity), "Deletes it in the system that owns it.");
          array(
              "parameters",
              () -> {
                object(() -> ref("parameters/ifMatch"));
                writeParameters();
              });
          object(
              "responses",
              () -> {
                object("204", () -> text("description", "It was deleted."));
                refusals("400", "401", "404", "405", "409", "410", "412", "422", "503", "504");
              });
        });
  }

  private void done(Entity entity) throws IOException {
    answer("200", "The record as it is then.", true, () -> ref("schemas/" + name(entity)));
    object("204", () -> text("description", "The same, where Prefer has return=minimal."));
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
        entity.plural(),
        "changes_" + entity.plural(),
        "What becomes of the " + entity.plural() + ", as server-sent events.");
    array(
        "parameters",
        () -> {
          object(() -> ref("parameters/cursor"));
          object(() -> ref("parameters/snapshot"));
          object(() -> ref("parameters/filter"));
          object(() -> ref("parameters/payload"));
          object(() -> ref("parameters/format"));
          object(() -> ref("parameters/conflate"));
          object(() -> ref("parameters/consumer"));
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
}
