package dev.unisono.server.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.merge.IdentityEvent;
import dev.unisono.engine.merge.LinkedRecord;
import dev.unisono.engine.merge.LinkedRecord.Place;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of members that have keys of their own are one record: shown, and corrected by hand.
 * Safe for threads.
 */
public final class LinkRoutes {
  private static final String PATH = "/v1/admin/links/:entity/:system/:key";
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Doors doors;

  public LinkRoutes(Doors doors) {
    this.doors = doors;
  }

  public void mount(Router router, Doorway doorway) {
    router.get(PATH).handler(context -> doorway.known(context, this::show));
    router.get(PATH + "/history").handler(context -> doorway.known(context, this::history));
    router.post(PATH + "/split").handler(context -> doorway.known(context, this::split));
    router.post(PATH + "/join").handler(context -> doorway.known(context, this::join));
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Entity entity = entity(context);
    answer(context, entity, doors.linked(entity, place(context, entity)));
  }

  /** What became of which rows it is, the oldest first. */
  private void history(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Entity entity = entity(context);
    List<IdentityEvent> events = doors.matches().history(entity, place(context, entity));
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (IdentityEvent event : events) {
            write(json, entity, event);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private static void write(JsonGenerator json, Entity entity, IdentityEvent event)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("at", EntityJson.time(event.at()));
    json.writeStringField("what", event.what().name().toLowerCase(Locale.ROOT));
    json.writeStringField("system", event.system());
    json.writeFieldName("key");
    EntityJson.writeKey(json, entity, event.key());
    json.writeStringField("by", event.rule());
    Double score = event.score();
    if (score == null) {
      json.writeNullField("score");
    } else {
      json.writeNumberField("score", score);
    }
    json.writeStringField("reason", event.reason());
    json.writeEndObject();
  }

  /** The keys of a record, by system. */
  static void writeKeys(JsonGenerator json, Entity entity, Map<String, Key> keys)
      throws IOException {
    json.writeObjectFieldStart("keys");
    for (Map.Entry<String, Key> each : keys.entrySet()) {
      json.writeFieldName(each.getKey());
      EntityJson.writeKey(json, entity, each.getValue());
    }
    json.writeEndObject();
  }

  private void split(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    Entity entity = entity(context);
    answer(context, entity, doors.relink(entity, place(context, entity), null, PATIENCE));
  }

  private void join(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of("system", "key"));
    Entity entity = entity(context);
    Place with =
        new Place(parameter(context, "system"), key(entity, parameter(context, "key"), "key"));
    answer(context, entity, doors.relink(entity, place(context, entity), with, PATIENCE));
  }

  private static String parameter(RoutingContext context, String name) {
    String value = context.queryParams().get(name);
    if (value == null) {
      throw new Refusal(
          400, "bad-parameter", "Name a row of the other record by system and key.", name);
    }
    return value;
  }

  private static Place place(RoutingContext context, Entity entity) {
    return new Place(
        Parameters.part(context, "system"), key(entity, Parameters.part(context, "key"), null));
  }

  private static Key key(Entity entity, String text, @Nullable String field) {
    try {
      return EntityJson.parseKey(
          entity, entity.schema().keySize() == 1 ? new String[] {text} : text.split(",", -1));
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-key", String.valueOf(unfit.getMessage()), field);
    }
  }

  private Entity entity(RoutingContext context) {
    String name = Parameters.part(context, "entity");
    return doors.entities().stream()
        .filter(entity -> entity.name().equals(name))
        .findAny()
        .orElseThrow(
            () -> new Refusal(404, "unknown-entity", "There is no entity '" + name + "'."));
  }

  private static void answer(RoutingContext context, Entity entity, LinkedRecord record) {
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("entity", entity.name());
          json.writeNumberField("record", record.number());
          writeKeys(json, entity, record.keys());
          json.writeEndObject();
        });
  }
}
