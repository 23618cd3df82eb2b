package dev.unisono.server.stream;

import dev.unisono.engine.Precondition;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Idempotency;
import dev.unisono.server.http.Idempotency.Outcome;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
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

  /** A status of what was done; all others are of what was not. */
  private static final int DONE = 200;

  private final Operations operations;
  private final Idempotency idempotency;
  private final Consumer<String> answer;
  private final LinkedBlockingQueue<Object> line = new LinkedBlockingQueue<>();
  private boolean begun;

  /**
   * @param answer told of each, in any thread: the frame that answers it
   */
  SocketWrites(Operations operations, Idempotency idempotency, Consumer<String> answer) {
    this.operations = operations;
    this.idempotency = idempotency;
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
        answer.accept(frame(asked.write(), outcome(asked.caller(), asked.write())));
      }
    } catch (InterruptedException stop) {
      Thread.currentThread().interrupt();
    }
  }

  private Outcome outcome(Caller caller, SocketFrame.Write write) throws InterruptedException {
    String once = write.idempotencyKey();
    if (once == null) {
      return attempted(caller, write);
    }
    try {
      return idempotency.once(
          caller,
          once,
          SocketFrame.IDEMPOTENCY_KEY,
          List.of(
              "WebSocket",
              write.action().name(),
              write.entity(),
              String.valueOf(write.key()),
              String.valueOf(write.record()),
              String.valueOf(write.ifVersion())),
          write.action() != Action.CREATE,
          () -> attempted(caller, write));
    } catch (RuntimeException refused) {
      return refused(refused);
    }
  }

  private Outcome attempted(Caller caller, SocketFrame.Write write) throws InterruptedException {
    try {
      byte[][] done = new byte[1][];
      Attempts.run(() -> done[0] = done(caller, write));
      return new Outcome(DONE, done[0], false);
    } catch (RuntimeException failed) {
      return refused(failed);
    }
  }

  /** The frame that says that a write was not even put in line. */
  static String refusal(SocketFrame.Write write, Failure failure) {
    return frame(write, outcome(failure));
  }

  private static Outcome refused(RuntimeException failed) {
    return outcome(Failure.of(failed, false));
  }

  private static Outcome outcome(Failure failure) {
    byte[] problem = Answers.bytes(json -> Answers.writeFailure(json, failure));
    return new Outcome(failure.status(), problem, false);
  }

  /** What is kept of an answer is without the write's name: sent again it may have another. */
  private static String frame(SocketFrame.Write write, Outcome outcome) {
    byte[] named = Answers.bytes(json -> json.writeString(write.name()));
    String name = new String(named, StandardCharsets.UTF_8);
    String body = new String(outcome.body(), StandardCharsets.UTF_8);
    String replayed = outcome.replayed() ? ",\"replayed\":true" : "";
    return outcome.status() == DONE
        ? "{\"done\":" + name + replayed + "," + body.substring(1)
        : "{\"error\":" + body + ",\"write\":" + name + replayed + "}";
  }

  private byte[] done(Caller caller, SocketFrame.Write write) throws InterruptedException {
    Entity entity = operations.named(write.entity());
    Operations.Done done =
        write.action() == Action.CREATE
            ? operations.create(caller, entity, RecordBody.row(entity, bytes(write.record())), null)
            : changed(caller, entity, key(entity, write), write);
    Row row = done.record().row();
    return Answers.bytes(json -> {
      json.writeStartObject();
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
