package dev.unisono.server.rest;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.Precondition;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.server.http.Answers;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Failure;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Many records in one request, a line of JSON for each, and a line for what became of each in the
 * answer, in the same order. Some are under way at a time, those of one key one after the other.
 * Each is done or not by itself. Of one request.
 */
final class BulkWrites {
  private static final int UNDER_WAY = 64;
  private static final int LONGEST_LINE_BYTES = 1 << 20;

  private final Operations operations;
  private final Caller caller;
  private final Entity entity;
  private final Action action;
  private final boolean failuresOnly;
  private final Deque<Line> underWay = new ArrayDeque<>();
  private final Map<Key, Future<Outcome>> latest = new HashMap<>();
  private long lines;
  private long done;
  private long failed;
  private @Nullable Cursor position;

  /**
   * @param failuresOnly whether nothing is said of lines that were done
   */
  BulkWrites(
      Operations operations, Caller caller, Entity entity, Action action, boolean failuresOnly) {
    this.operations = operations;
    this.caller = caller;
    this.entity = entity;
    this.action = action;
    this.failuresOnly = failuresOnly;
  }

  private record Line(long number, @Nullable Key key, Future<Outcome> outcome) {}

  private sealed interface Outcome {
    record Written(Operations.Done done) implements Outcome {}

    record Failed(Failure failure) implements Outcome {}
  }

  /** Writes what a line asks for. */
  private interface Write {
    Operations.Done run() throws InterruptedException;
  }

  /** A write, and the key that it concerns; null where the owner will give it one. */
  private record Asked(@Nullable Key key, Write write) {}

  /**
   * Does all lines, and says so in a last line; also where the body breaks off, after the lines
   * that came.
   *
   * @throws IOException where the client has gone: what is under way is done all the same
   */
  void run(InputStream body, OutputStream answer) throws IOException, InterruptedException {
    Failure broken = null;
    try (ExecutorService workers = Executors.newVirtualThreadPerTaskExecutor()) {
      InputStream in = new BufferedInputStream(body, 64 << 10);
      try {
        byte[] line;
        while ((line = line(in)) != null) {
          lines++;
          if (new String(line, StandardCharsets.ISO_8859_1).isBlank()) {
            continue;
          }
          if (underWay.size() == UNDER_WAY) {
            tell(underWay.remove(), answer);
          }
          submit(workers, line);
        }
      } catch (Refusal tooLong) {
        broken = Failure.of(tooLong, false);
      } catch (BodyBroken gone) {
        broken = Failure.of(new Refusal(400, "bad-body", "The body did not arrive whole."), false);
      }
      while (!underWay.isEmpty()) {
        tell(underWay.remove(), answer);
      }
    }
    answer.write(last(broken));
  }

  /** The next line without its end; null where there is none. */
  private byte @Nullable [] line(InputStream in) throws BodyBroken {
    ByteArrayOutputStream line = new ByteArrayOutputStream(512);
    try {
      int next = in.read();
      if (next < 0) {
        return null;
      }
      while (next >= 0 && next != '\n') {
        if (line.size() == LONGEST_LINE_BYTES) {
          throw new Refusal(
              413, "body-too-large", "Line " + (lines + 1) + " is longer than 1 MiB.", null);
        }
        line.write(next);
        next = in.read();
      }
    } catch (IOException broken) {
      throw new BodyBroken(broken);
    }
    return line.toByteArray();
  }

  /** The client's part of the connection has ended too early. */
  private static final class BodyBroken extends Exception {
    private static final long serialVersionUID = 1L;

    BodyBroken(IOException cause) {
      super(cause);
    }
  }

  private void submit(ExecutorService workers, byte[] line) {
    Asked asked;
    try {
      asked = asked(line);
    } catch (Refusal refusal) {
      Outcome outcome = new Outcome.Failed(Failure.of(refusal, false));
      underWay.add(new Line(lines, null, workers.submit(() -> outcome)));
      return;
    }
    Key key = asked.key();
    Future<Outcome> before = key == null ? null : latest.get(key);
    Future<Outcome> outcome = workers.submit(() -> outcome(asked.write(), before));
    if (key != null) {
      latest.put(key, outcome);
    }
    underWay.add(new Line(lines, key, outcome));
  }

  private static Outcome outcome(Write write, @Nullable Future<Outcome> before) {
    Operations.Done[] done = new Operations.Done[1];
    try {
      if (before != null) {
        before.get();
      }
      Attempts.run(() -> done[0] = write.run());
      return new Outcome.Written(done[0]);
    } catch (InterruptedException | RuntimeException | ExecutionException failed) {
      return new Outcome.Failed(Failure.of(failed, false));
    }
  }

  private Asked asked(byte[] line) {
    Row row = RecordBody.row(entity, line);
    if (action == Action.CREATE) {
      return new Asked(null, () -> operations.create(caller, entity, row, null));
    }
    Key key = RecordBody.key(row);
    Row rest = RecordBody.withoutKey(row);
    return new Asked(
        key,
        switch (action) {
          case REPLACE -> () -> operations.put(caller, entity, key, rest, Precondition.NONE, null);
          case CHANGE -> {
            Row patch = RecordBody.something(rest);
            yield () -> operations.patch(caller, entity, key, patch, Precondition.NONE, null);
          }
          case DELETE -> {
            if (!rest.nothing()) {
              throw new Refusal(400, "bad-body", "A line that deletes has the key alone.");
            }
            yield () -> operations.delete(caller, entity, key, Precondition.NONE, null);
          }
          default -> throw new IllegalArgumentException(action + " is no write");
        });
  }

  private void tell(Line line, OutputStream answer) throws IOException, InterruptedException {
    Outcome outcome;
    try {
      outcome = line.outcome().get();
    } catch (ExecutionException fault) {
      outcome = new Outcome.Failed(Failure.of(fault, false));
    }
    Key key = line.key();
    if (key != null) {
      latest.remove(key, line.outcome());
    }
    switch (outcome) {
      case Outcome.Written written -> {
        done++;
        Cursor now = written.done().position();
        position = position == null || position.sequence() < now.sequence() ? now : position;
        if (!failuresOnly) {
          answer.write(text(json -> writeDone(json, line.number(), written.done())));
        }
      }
      case Outcome.Failed refused -> {
        failed++;
        answer.write(text(json -> writeFailed(json, line.number(), refused.failure())));
      }
    }
  }

  private void writeDone(JsonGenerator json, long line, Operations.Done written)
      throws IOException {
    EntityRecord record = written.record();
    json.writeStartObject();
    json.writeNumberField("line", line);
    json.writeNumberField("status", action == Action.DELETE ? 204 : written.created() ? 201 : 200);
    json.writeFieldName("key");
    EntityJson.writeKey(json, entity, record.key());
    json.writeNumberField("version", record.version());
    json.writeEndObject();
  }

  private static void writeFailed(JsonGenerator json, long line, Failure failure)
      throws IOException {
    json.writeStartObject();
    json.writeNumberField("line", line);
    json.writeNumberField("status", failure.status());
    json.writeFieldName("problem");
    Answers.writeFailure(json, failure);
    json.writeEndObject();
  }

  private byte[] last(@Nullable Failure broken) {
    return text(json -> {
      json.writeStartObject();
      json.writeBooleanField("whole", broken == null);
      json.writeNumberField("lines", lines);
      json.writeNumberField("done", done);
      json.writeNumberField("failed", failed);
      Cursor reached = position;
      if (reached != null) {
        json.writeStringField("cursor", reached.text());
      }
      if (broken != null) {
        json.writeFieldName("problem");
        Answers.writeFailure(json, broken);
      }
      json.writeEndObject();
    });
  }

  private static byte[] text(Answers.Content content) {
    byte[] json = Answers.bytes(content);
    byte[] line = Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return line;
  }
}
