package dev.unisono.server.rest;

import dev.unisono.engine.access.Action;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.server.http.AllowedMethods;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.HeaderList;
import dev.unisono.server.http.Idempotency;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.http.RequestStream;
import dev.unisono.server.http.ResponseStream;
import dev.unisono.server.operation.FieldSelection;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Records by REST: make, replace, change, delete, one or many at once. Safe for threads. */
final class RecordWrites {
  private static final Set<String> RECORD_TYPES = Set.of("application/json");
  private static final Set<String> PATCH_TYPES =
      Set.of(AllowedMethods.PATCH_TYPE, "application/json");

  private final Operations operations;
  private final Idempotency idempotency;

  RecordWrites(Operations operations, Idempotency idempotency) {
    this.operations = operations;
    this.idempotency = idempotency;
  }

  void mount(Router router, Doorway doorway) {
    Doorway.Handler create = idempotency.once(false, this::create);
    Doorway.Handler put = idempotency.once(true, this::put);
    Doorway.Handler patch = idempotency.once(true, this::patch);
    Doorway.Handler delete = idempotency.once(true, this::delete);
    router
        .post("/v1/:plural")
        .handler(context -> {
          if (type(context).equals(HeaderList.LINES)) {
            doorway.withStream(context, (known, body) -> bulk(known, body, Action.CREATE));
          } else {
            doorway.withBody(context, create);
          }
        });
    router
        .put("/v1/:plural")
        .handler(context ->
            doorway.withStream(context, (known, body) -> bulk(known, body, Action.REPLACE)));
    router
        .patch("/v1/:plural")
        .handler(context ->
            doorway.withStream(context, (known, body) -> bulk(known, body, Action.CHANGE)));
    router
        .delete("/v1/:plural")
        .handler(context ->
            doorway.withStream(context, (known, body) -> bulk(known, body, Action.DELETE)));
    router.put("/v1/:plural/:key").handler(context -> doorway.withBody(context, put));
    router.patch("/v1/:plural/:key").handler(context -> doorway.withBody(context, patch));
    router.delete("/v1/:plural/:key").handler(context -> doorway.withBody(context, delete));
  }

  private void create(RoutingContext context, Buffer body) throws InterruptedException {
    Entity entity = entity(context);
    checkType(context, RECORD_TYPES, "a record: application/json");
    if (context.request().headers().contains("If-Match")) {
      throw new Refusal(
          412, "version-mismatch", "A record that is made has no version yet.", "If-Match");
    }
    Row record = RecordBody.row(entity, body.getBytes());
    Preferences preferences = Preferences.of(context.request());
    answer(
        context,
        entity,
        preferences,
        operations.create(Doorway.caller(context), entity, record, preferences.atMost()));
  }

  private void put(RoutingContext context, Buffer body) throws InterruptedException {
    Entity entity = entity(context);
    checkType(context, RECORD_TYPES, "a record: application/json");
    Key key = RecordPath.key(entity, context.request());
    Row record = RecordBody.row(entity, key, body.getBytes());
    Preferences preferences = Preferences.of(context.request());
    answer(
        context,
        entity,
        preferences,
        operations.put(
            Doorway.caller(context),
            entity,
            key,
            record,
            VersionTags.precondition(context.request()),
            preferences.atMost()));
  }

  private void patch(RoutingContext context, Buffer body) throws InterruptedException {
    Entity entity = entity(context);
    checkType(context, PATCH_TYPES, "a merge patch: application/merge-patch+json");
    Key key = RecordPath.key(entity, context.request());
    Row patch = RecordBody.patch(entity, key, body.getBytes());
    Preferences preferences = Preferences.of(context.request());
    answer(
        context,
        entity,
        preferences,
        operations.patch(
            Doorway.caller(context),
            entity,
            key,
            patch,
            VersionTags.precondition(context.request()),
            preferences.atMost()));
  }

  private void delete(RoutingContext context, Buffer body) throws InterruptedException {
    Entity entity = entity(context);
    if (body.length() > 0) {
      throw new Refusal(400, "bad-body", "A DELETE has no body; its key stands in the path.");
    }
    Key key = RecordPath.key(entity, context.request());
    Operations.Done done =
        operations.delete(
            Doorway.caller(context),
            entity,
            key,
            VersionTags.precondition(context.request()),
            Preferences.of(context.request()).atMost());
    context.response().putHeader("Unisono-Cursor", done.position().text());
    Answers.empty(context, 204);
  }

  private void bulk(RoutingContext context, RequestStream body, Action action)
      throws InterruptedException {
    Entity entity = entity(context);
    if (!type(context).equals(HeaderList.LINES)) {
      throw new Refusal(
          415,
          "unsupported-media-type",
          "Send many records as lines of JSON: " + HeaderList.LINES + "; or one at its own path.",
          "Content-Type");
    }
    for (String header : List.of(Idempotency.HEADER, "If-Match", "If-None-Match")) {
      if (context.request().headers().contains(header)) {
        throw new Refusal(
            400, "bad-header", "Many records at once have no " + header + ".", header);
      }
    }
    Preferences preferences = Preferences.of(context.request());
    HttpServerResponse response = context.response();
    response
        .putHeader("Content-Type", HeaderList.LINES)
        .putHeader("Cache-Control", "no-store")
        .putHeader("X-Content-Type-Options", "nosniff");
    if (!preferences.applied().isEmpty()) {
      response.putHeader("Preference-Applied", preferences.applied());
    }
    try (ResponseStream answer = new ResponseStream(response)) {
      new BulkWrites(operations, Doorway.caller(context), entity, action, preferences.minimal())
          .run(body, answer);
    } catch (IOException gone) {
      // Nobody is there to be told; what was under way is done.
    }
  }

  private static String type(RoutingContext context) {
    String type = context.request().getHeader("Content-Type");
    return type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
  }

  private Entity entity(RoutingContext context) {
    Entity entity = operations.plural(Parameters.part(context, "plural"));
    Parameters.check(context, Set.of());
    return entity;
  }

  private static void checkType(RoutingContext context, Set<String> types, String wanted) {
    if (!types.contains(type(context))) {
      boolean patch = types.contains(AllowedMethods.PATCH_TYPE);
      context
          .response()
          .putHeader(
              patch ? "Accept-Patch" : "Accept-Post",
              patch ? AllowedMethods.PATCH_TYPE : "application/json");
      throw new Refusal(415, "unsupported-media-type", "Send " + wanted + ".", "Content-Type");
    }
  }

  private static void answer(
      RoutingContext context, Entity entity, Preferences preferences, Operations.Done done) {
    EntityRecord record = done.record();
    Row row = record.row();
    if (row == null) {
      throw Operations.gone(entity);
    }
    HttpServerResponse response = context.response();
    response.putHeader("Unisono-Cursor", done.position().text());
    response.putHeader("ETag", VersionTags.of(record.version()));
    if (!preferences.applied().isEmpty()) {
      response.putHeader("Preference-Applied", preferences.applied());
    }
    if (done.created()) {
      response.putHeader("Location", RecordPath.of(entity, record.key()));
    }
    int status = done.created() ? 201 : 200;
    if (preferences.minimal()) {
      Answers.empty(context, done.created() ? 201 : 204);
    } else {
      FieldSelection all = FieldSelection.parse(entity, null, List.of());
      Answers.json(context, status, json -> all.write(json, row));
    }
  }
}
