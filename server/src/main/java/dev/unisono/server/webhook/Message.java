package dev.unisono.server.webhook;

import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.hub.Event;
import dev.unisono.server.feed.Told;
import dev.unisono.server.http.Answers;
import dev.unisono.spi.Key;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;

/**
 * One event for one endpoint, the same at each attempt. Immutable: nobody changes the array.
 *
 * @param id as receivers know it; of the endpoint and the change, so that it is the same after a
 *     restart
 * @param event such as {@code customer.updated}
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Message(String id, String event, String contentType, byte[] body) {
  static final String GAP = "gap";
  private static final String JSON = "application/json";

  /** The line of what has to wait for all before it, and holds up all after it. */
  static final long EVERY_KEY = Long.MIN_VALUE;

  /** Which line an event is in: those of one key go one after the other. */
  static long line(Told told) {
    Key key = told.key();
    return key == null ? EVERY_KEY : key.stableHash() * 31 + told.entity().id();
  }

  /**
   * An event as an endpoint gets it.
   *
   * @param part of the events of one change the how-manieth
   */
  static Message of(Endpoint endpoint, Event seen, Told told, int part) {
    Cursor cursor = new Cursor(told.epoch(), told.version());
    String type = told.entity().name() + "." + seen.name();
    String id = id(endpoint, "", cursor) + (part == 0 ? "" : "_" + part);
    return endpoint.settings().cloudEvents()
        ? new Message(id, type, "application/cloudevents+json", seen.data())
        : new Message(id, type, JSON, plain(type, told.time(), cursor, seen.data()));
  }

  /** What tells an endpoint that it has missed something. */
  static Message gap(Endpoint endpoint, Endpoint.Gap gap) {
    byte[] data =
        Answers.bytes(json -> {
          json.writeStartObject();
          json.writeStringField("code", GAP);
          json.writeStringField("after", gap.from());
          json.writeStringField("oldest", gap.to());
          json.writeEndObject();
        });
    Cursor cursor = Cursor.parse(gap.to()).orElseThrow();
    String id = id(endpoint, "gap_", cursor);
    if (!endpoint.settings().cloudEvents()) {
      return new Message(id, GAP, JSON, plain(GAP, gap.at(), cursor, data));
    }
    byte[] body =
        Answers.bytes(json -> {
          json.writeStartObject();
          json.writeStringField("specversion", "1.0");
          json.writeStringField("id", id);
          json.writeStringField("source", "/v1/changes");
          json.writeStringField("type", "dev.unisono.gap");
          json.writeStringField("time", EntityJson.time(gap.at()));
          json.writeStringField("datacontenttype", JSON);
          json.writeFieldName("data");
          json.writeRawValue(new String(data, StandardCharsets.UTF_8));
          json.writeEndObject();
        });
    return new Message(id, GAP, "application/cloudevents+json", body);
  }

  /** Without a full stop, which what is signed is divided by. */
  private static String id(Endpoint endpoint, String kind, Cursor cursor) {
    byte[] place =
        ByteBuffer.allocate(16).putLong(cursor.epoch()).putLong(cursor.sequence()).array();
    return "msg_"
        + kind
        + endpoint.id()
        + "_"
        + Base64.getUrlEncoder().withoutPadding().encodeToString(place);
  }

  private static byte[] plain(String type, Instant time, Cursor cursor, byte[] data) {
    byte[] head =
        Answers.bytes(json -> {
          json.writeStartObject();
          json.writeStringField("type", type);
          json.writeStringField("timestamp", EntityJson.time(time));
          json.writeStringField("cursor", cursor.text());
          json.writeEndObject();
        });
    ByteArrayOutputStream body = new ByteArrayOutputStream(head.length + data.length + 10);
    body.write(head, 0, head.length - 1);
    body.writeBytes(",\"data\":".getBytes(StandardCharsets.UTF_8));
    body.writeBytes(data);
    body.write('}');
    return body.toByteArray();
  }
}
