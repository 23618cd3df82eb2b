package dev.unisono.server.stream;

import dev.unisono.engine.Precondition;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.http.Answers;
import dev.unisono.server.operation.Action;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one connection, done one after the other in their order. What is in line when the
 * connection ends and was not begun is not done. Used by the connection's event loop.
 */
final class SocketWrites {
  /** With so many in line no more is read from the connection. */
  static final int MOST = 100;

  /** A write and whose it is. */
  private record Asked(Caller caller, SocketFrame.Write write) {}

  private static final Object END = new Object();

  private final Operations operations;
  private final BiConsumer<String, @Nullable Failure> answer;
  private final LinkedBlockingQueue<Object> line = new LinkedBlockingQueue<>();
  private boolean begun;

  /**
   * @param answer told of each, in any thread: the frame that answers it, or the write's name with
   *     why it was not done
   */
  SocketWrites(Operations operations, BiConsumer<String, @Nullable Failure> answer) {
    this.operations = operations;
    this.answer = answer;
  }

  int inLine() {
    return line.size();
  }

  void add(Caller caller, SocketFrame.Write write) {
    line.add(new Asked(caller, write));
    if (!begun) {
      begun = true;
      Thread.ofVirtual().name("socket-writes").start(this::run);
    }
  }

  /** Lets what is being written come to its end, and nothing else begin. */
  void end() {
    line.clear();
    line.add(END);
  }

  private void run() {
    try {
      while (line.take() instanceof Asked asked) {
        SocketFrame.Write write = asked.write();
        try {
          String[] done = new String[1];
          Attempts.run(() -> done[0] = done(asked.caller(), write));
          answer.accept(Objects.requireNonNull(done[0]), null);
        } catch (RuntimeException failed) {
          answer.accept(write.name(), Failure.of(failed, false));
        }
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private String done(Caller caller, SocketFrame.Write write) throws InterruptedException {
    Entity entity = operations.named(write.entity());
    Operations.Done done =
        write.action() == Action.CREATE
            ? operations.create(caller, entity, RecordBody.row(entity, bytes(write.record())), null)
            : changed(caller, entity, key(entity, write), write);
    Row row = done.record().row();
    byte[] answered =
        Answers.bytes(json -> {
          json.writeStartObject();
          json.writeStringField("done", write.name());
          json.writeStringField("cursor", done.position().text());
          json.writeFieldName("key");
          EntityJson.writeKey(json, entity, done.record().key());
          json.writeNumberField("version", done.record().version());
          if (row != null) {
            json.writeBooleanField("created", done.created());
            json.writeFieldName("record");
            EntityJson.writeRow(json, entity, row);
          }
          json.writeEndObject();
        });
    return new String(answered, StandardCharsets.UTF_8);
  }

  private Operations.Done changed(Caller caller, Entity entity, Key key, SocketFrame.Write write)
      throws InterruptedException {
    Long version = write.ifVersion();
    Precondition precondition =
        version == null ? Precondition.NONE : new Precondition.Version(version);
    return switch (write.action()) {
      case REPLACE ->
          operations.put(
              caller,
              entity,
              key,
              RecordBody.row(entity, key, bytes(write.record())),
              precondition,
              null);
      case CHANGE ->
          operations.patch(
              caller,
              entity,
              key,
              RecordBody.patch(entity, key, bytes(write.record())),
              precondition,
              null);
      case DELETE -> operations.delete(caller, entity, key, precondition, null);
      case CREATE, GET, LIST, FOLLOW ->
          throw new IllegalArgumentException("it changes no record: " + write.action());
    };
  }

  /** As events have it: an object with the key's fields alone. */
  private static Key key(Entity entity, SocketFrame.Write write) {
    Row row = RecordBody.row(entity, bytes(write.key()));
    if (!RecordBody.withoutKey(row).nothing()) {
      throw new Refusal(400, "bad-key", "A key has the fields of the key alone.", "key");
    }
    return RecordBody.key(row);
  }

  private static byte[] bytes(@Nullable String json) {
    return Objects.requireNonNull(json).getBytes(StandardCharsets.UTF_8);
  }
}
