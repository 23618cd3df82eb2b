package dev.unisono.server.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.unisono.engine.Precondition;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.record.Condition;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.engine.record.Records;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.grpc.Proto.Fields;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.FilterReader;
import dev.unisono.server.operation.ListRequest;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The calls that are answered by one message. Blocks; safe for threads. */
final class Calls {
  private static final int DEEPEST_FILTER = 5;

  private final Operations operations;
  private final Consumers consumers;

  Calls(Operations operations, Consumers consumers) {
    this.operations = operations;
    this.consumers = consumers;
  }

  /**
   * Answers a call.
   *
   * @param atMost how long the caller waits; null for the usual time
   * @param metadata takes what is said beside the message
   * @return null where there is no such method
   */
  byte @Nullable [] answer(
      String method,
      Caller caller,
      ByteString message,
      @Nullable Duration atMost,
      Map<String, String> metadata)
      throws InterruptedException {
    Fields request = Fields.of(message);
    return switch (method) {
      case "Get" -> get(caller, request, metadata);
      case "List" -> list(caller, request, metadata);
      case "Create" -> {
        Entity entity = entity(request);
        Row record = RecordBody.row(entity, body(request, 2));
        yield written(metadata, entity, operations.create(caller, entity, record, atMost));
      }
      case "Replace" -> {
        Entity entity = entity(request);
        Key key = key(entity, request);
        Row record = RecordBody.row(entity, key, body(request, 3));
        yield written(
            metadata,
            entity,
            operations.put(caller, entity, key, record, precondition(request), atMost));
      }
      case "Update" -> {
        Entity entity = entity(request);
        Key key = key(entity, request);
        Row patch = RecordBody.patch(entity, key, body(request, 3));
        yield written(
            metadata,
            entity,
            operations.patch(caller, entity, key, patch, precondition(request), atMost));
      }
      case "Delete" -> {
        Entity entity = entity(request);
        yield written(
            metadata,
            entity,
            operations.delete(caller, entity, key(entity, request), precondition(request), atMost));
      }
      case "Acknowledge" -> {
        Cursor done = operations.position(request.text(2));
        Cursor now = consumers.acknowledge(caller, request.text(1), done);
        yield Proto.message(out -> Proto.text(out, 1, now.text()));
      }
      default -> null;
    };
  }

  private Entity entity(Fields request) {
    return operations.named(request.text(1));
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }

  private static byte[] body(Fields request, int field) {
    return ProtoValues.json(ProtoValues.map(request.all(field)));
  }

  private static Precondition precondition(Fields request) {
    return request.has(4) ? new Precondition.Version(request.number(4)) : Precondition.NONE;
  }

  private static Key key(Entity entity, Fields request) {
    Map<String, @Nullable Object> given = ProtoValues.map(request.all(2));
    String[] parts = new String[entity.schema().keySize()];
    for (int part = 0; part < parts.length; part++) {
      String name = entity.fields().get(entity.schema().keyPosition(part)).name();
      Object value = given.remove(name);
      if (value == null) {
        throw new Refusal(400, "bad-key", "The key does not say its " + name + ".", "key");
      }
      parts[part] = ProtoValues.text(value);
    }
    if (!given.isEmpty()) {
      throw new Refusal(400, "bad-key", "No parts of the key are " + given.keySet() + ".", "key");
    }
    try {
      return EntityJson.parseKey(entity, parts);
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-key", String.valueOf(unfit.getMessage()), "key");
    }
  }

  private byte[] get(Caller caller, Fields request, Map<String, String> metadata)
      throws InterruptedException {
    Entity entity = entity(request);
    Operations.Found<EntityRecord> found =
        operations.get(caller, entity, key(entity, request), orNull(request.text(3)));
    if (found.value().row() == null) {
      throw Operations.gone(entity);
    }
    reflect(entity, found.position(), metadata);
    return record(entity, found.value(), found.position().text());
  }

  /** What position an answer reflects, and how far that may be behind a system that is away. */
  private void reflect(Entity entity, Cursor position, Map<String, String> metadata) {
    metadata.put("unisono-cursor", position.text());
    operations
        .staleSeconds(entity)
        .ifPresent(stale -> metadata.put("unisono-stale", Operations.seconds(stale)));
  }

  private static byte[] record(Entity entity, EntityRecord record, @Nullable String cursor) {
    return Proto.message(out -> {
      ProtoValues.row(out, 1, entity, Objects.requireNonNull(record.row()));
      out.writeInt64(2, record.version());
      Proto.time(out, 3, record.changed());
      Proto.text(out, 4, cursor);
    });
  }

  private byte[] list(Caller caller, Fields request, Map<String, String> metadata)
      throws InterruptedException {
    Entity entity = entity(request);
    Map<String, String> page = new HashMap<>();
    put(page, "sort", String.join(",", texts(request.all(3))));
    put(page, "limit", request.number(4) == 0 ? "" : Long.toString(request.number(4)));
    put(page, "after", request.text(5));
    put(page, "before", request.text(6));
    put(page, "total", request.flag(7) ? "true" : "");
    FilterReader reader = new FilterReader(entity, List.of());
    Condition condition =
        request.has(2) ? condition(reader, Fields.of(request.bytes(2)), 1) : Condition.ANY_RECORD;
    ListRequest list = ListRequest.of(entity, condition, page);
    Records.Page found = operations.list(caller, list, orNull(request.text(8))).value();
    reflect(entity, found.position(), metadata);
    return Proto.message(out -> {
      for (EntityRecord each : found.records()) {
        if (each.row() != null) {
          out.writeByteArray(1, record(entity, each, null));
        }
      }
      edge(out, 2, list, found.next());
      edge(out, 3, list, found.previous());
      Long total = found.total();
      if (total != null) {
        out.writeInt64(4, total);
      }
      Proto.text(out, 5, found.position().text());
    });
  }

  private static void edge(CodedOutputStream out, int field, ListRequest list, @Nullable Edge edge)
      throws IOException {
    Proto.text(out, field, edge == null ? null : list.token(edge));
  }

  private static void put(Map<String, String> page, String name, String value) {
    if (!value.isEmpty()) {
      page.put(name, value);
    }
  }

  private static List<String> texts(List<ByteString> texts) {
    List<String> read = new ArrayList<>();
    for (ByteString text : texts) {
      if (!text.isValidUtf8()) {
        throw Proto.bad("A text of the message is not UTF-8.");
      }
      read.add(text.toStringUtf8());
    }
    return read;
  }

  private static Condition condition(FilterReader reader, Fields filter, int depth) {
    if (depth > DEEPEST_FILTER) {
      throw new Refusal(
          400,
          "bad-filter",
          "Filters stand in each other at most " + DEEPEST_FILTER + " deep.",
          "filter");
    }
    List<Condition> all = new ArrayList<>();
    if (filter.has(1)) {
      all.add(condition(reader, Fields.of(filter.bytes(1))));
    }
    for (ByteString each : filter.all(2)) {
      all.add(condition(reader, Fields.of(each), depth + 1));
    }
    if (filter.has(3)) {
      List<Condition> any = new ArrayList<>();
      for (ByteString each : filter.all(3)) {
        any.add(condition(reader, Fields.of(each), depth + 1));
      }
      all.add(new Condition.Any(any));
    }
    return new Condition.All(all);
  }

  private static Condition condition(FilterReader reader, Fields condition) {
    String field = condition.text(1);
    String operator = condition.text(2);
    List<String> values = new ArrayList<>();
    for (ByteString each : condition.all(3)) {
      values.add(ProtoValues.text(ProtoValues.read(each)));
    }
    if (operator.equals("in") || operator.equals("nin")) {
      return reader.oneOf(field, operator, values);
    }
    if (values.size() != 1) {
      throw new Refusal(400, "bad-filter", "'" + operator + "' takes one value.", field);
    }
    return reader.condition(field, operator, values.getFirst());
  }

  private static byte[] written(Map<String, String> metadata, Entity entity, Operations.Done done) {
    metadata.put("unisono-cursor", done.position().text());
    EntityRecord record = done.record();
    return Proto.message(out -> {
      if (record.row() != null) {
        out.writeByteArray(1, record(entity, record, null));
      }
      out.writeInt64(2, record.version());
      out.writeBool(3, done.created());
      Proto.text(out, 4, done.position().text());
    });
  }
}
