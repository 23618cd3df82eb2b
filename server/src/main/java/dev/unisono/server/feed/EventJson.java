package dev.unisono.server.feed;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.server.feed.StreamView.Envelope;
import dev.unisono.server.feed.StreamView.Payload;
import dev.unisono.server.http.Answers;
import dev.unisono.server.operation.Arguments;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Events as JSON. Has no state. */
final class EventJson {
  private static final String DELETED = "deleted";
  private static final String UPDATED = "updated";

  private EventJson() {}

  /** An event as everybody sees it who asks for nothing else. */
  static byte[] whole(Told told) {
    return of(told, told.kind().event(), null, Payload.FULL, Envelope.PLAIN);
  }

  /**
   * An event as somebody sees it.
   *
   * @param name what it is called
   * @param mark what is to be said of the filter; null for nothing
   */
  static byte[] of(
      Told told, String name, @Nullable String mark, Payload payload, Envelope envelope) {
    return Answers.bytes(json -> {
      switch (envelope) {
        case PLAIN -> writeData(json, told, name, mark, payload);
        case CLOUDEVENTS -> writeCloudEvent(json, told, name, mark, payload);
      }
    });
  }

  /** CloudEvents 1.0.2, JSON event format 1.0.2, section 3 (structured content). */
  private static void writeCloudEvent(
      JsonGenerator json, Told told, String name, @Nullable String mark, Payload payload)
      throws IOException {
    Entity entity = told.entity();
    json.writeStartObject();
    json.writeStringField("specversion", "1.0");
    json.writeStringField("id", id(told));
    json.writeStringField("source", "/v1/changes/" + entity.plural());
    json.writeStringField("type", "dev.unisono." + entity.name() + "." + name);
    Key key = told.key();
    if (key != null) {
      json.writeStringField("subject", Arguments.path(key));
    }
    json.writeStringField("time", EntityJson.time(told.time()));
    json.writeStringField("datacontenttype", "application/json");
    json.writeFieldName("data");
    writeData(json, told, name, mark, payload);
    json.writeEndObject();
  }

  /** One change has one number; of a moved key's two events the first has it with a sign. */
  private static String id(Told told) {
    String number = new Cursor(told.epoch(), told.version()).text();
    return told.kind() == Told.Kind.MOVED_AWAY ? number + "-" : number;
  }

  private static void writeData(
      JsonGenerator json, Told told, String name, @Nullable String mark, Payload payload)
      throws IOException {
    Entity entity = told.entity();
    json.writeStartObject();
    json.writeStringField("entity", entity.name());
    Key key = told.key();
    if (key != null) {
      json.writeFieldName("key");
      EntityJson.writeKey(json, entity, key);
    }
    Key previousKey = told.previousKey();
    if (previousKey != null) {
      json.writeFieldName("previousKey");
      EntityJson.writeKey(json, entity, previousKey);
    }
    json.writeNumberField("version", told.version());
    json.writeStringField("time", EntityJson.time(told.time()));
    if (mark != null) {
      json.writeStringField("filter", mark);
    }
    if (payload == Payload.FULL) {
      writeRecord(json, told, name);
    }
    json.writeEndObject();
  }

  private static void writeRecord(JsonGenerator json, Told told, String name) throws IOException {
    String origin = told.origin();
    if (origin != null) {
      json.writeStringField("origin", origin);
    }
    Row row = told.row();
    if (row != null && !name.equals(DELETED)) {
      if (name.equals(UPDATED)) {
        writeChanged(json, told);
      }
      json.writeFieldName("record");
      EntityJson.writeRow(json, told.entity(), row);
    }
  }

  /** The names of the fields that changed, where the row before is known. */
  private static void writeChanged(JsonGenerator json, Told told) throws IOException {
    if (told.before() == null) {
      return;
    }
    json.writeArrayFieldStart("changed");
    for (String name : told.changed()) {
      json.writeString(name);
    }
    json.writeEndArray();
  }
}
