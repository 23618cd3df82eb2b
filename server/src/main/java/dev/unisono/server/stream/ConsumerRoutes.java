package dev.unisono.server.stream;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.feed.Consumers.Consumer;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Cursors;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.List;

/** The positions that are kept for a caller's consumers. Safe for threads. */
public final class ConsumerRoutes {
  private static final String PATH = "/v1/consumers";

  private final Doors doors;
  private final Consumers consumers;

  public ConsumerRoutes(Doors doors, Consumers consumers) {
    this.doors = doors;
    this.consumers = consumers;
  }

  public void mount(Router router, Doorway doorway) {
    router.get(PATH).handler(context -> doorway.known(context, this::list));
    router.get(PATH + "/:name").handler(context -> doorway.known(context, this::get));
    router.put(PATH + "/:name").handler(context -> doorway.withBody(context, this::put));
    router.delete(PATH + "/:name").handler(context -> doorway.known(context, this::delete));
  }

  private void list(RoutingContext context, Buffer body) {
    List<Consumer> all = consumers.all(Doorway.caller(context));
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (Consumer each : all) {
            write(json, each);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void get(RoutingContext context, Buffer body) {
    answer(context, Doorway.caller(context), Parameters.part(context, "name"));
  }

  private void answer(RoutingContext context, Caller caller, String name) {
    Consumer consumer = consumers.find(caller, name).orElseThrow(() -> unknown(name));
    Answers.json(context, 200, json -> write(json, consumer));
  }

  private static Refusal unknown(String name) {
    return new Refusal(
        404, "unknown-consumer", "No position is kept of a consumer '" + name + "'.");
  }

  private void put(RoutingContext context, Buffer body) {
    Caller caller = Doorway.caller(context);
    String name = Parameters.part(context, "name");
    String cursor = cursor(body.getBytes());
    long sequence = Cursors.sequence(doors.journal(), cursor);
    consumers.set(caller, name, new Cursor(doors.journal().head().epoch(), sequence));
    answer(context, caller, name);
  }

  private static String cursor(byte[] body) {
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() == JsonToken.START_OBJECT
          && "cursor".equals(json.nextFieldName())
          && json.nextToken() == JsonToken.VALUE_STRING) {
        String cursor = json.getText();
        if (!cursor.isEmpty()
            && json.nextToken() == JsonToken.END_OBJECT
            && json.nextToken() == null) {
          return cursor;
        }
      }
    } catch (IOException notJson) {
      // Said below, like JSON that is something else.
    }
    throw new Refusal(400, "bad-body", "The body is {\"cursor\":\"…\"}.");
  }

  private void delete(RoutingContext context, Buffer body) {
    String name = Parameters.part(context, "name");
    if (!consumers.delete(Doorway.caller(context), name)) {
      throw unknown(name);
    }
    context.response().setStatusCode(204).end();
  }

  private void write(JsonGenerator json, Consumer consumer) throws IOException {
    Cursor head = doors.journal().head();
    Cursor at = consumer.position();
    json.writeStartObject();
    json.writeStringField("name", consumer.name());
    json.writeStringField("cursor", at.text());
    json.writeBooleanField(
        "held", at.epoch() == head.epoch() && at.sequence() >= doors.journal().oldest().sequence());
    json.writeNumberField("behind", Math.max(0, head.sequence() - at.sequence()));
    json.writeStringField("changed", EntityJson.time(consumer.changed()));
    json.writeEndObject();
  }
}
