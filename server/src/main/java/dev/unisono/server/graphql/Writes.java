package dev.unisono.server.graphql;

import dev.unisono.engine.Precondition;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.server.operation.Attempts;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import graphql.schema.DataFetchingEnvironment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Records made, replaced, changed and deleted, as mutations ask for it. Safe for threads. */
final class Writes {
  private final Shown shown;
  private final Reads reads;

  Writes(Shown shown, Reads reads) {
    this.shown = shown;
    this.reads = reads;
  }

  /** What is done to a record, by the fields that its entity has now. */
  private interface Write {
    Operations.Done run(Asked asked, Entity entity) throws InterruptedException;
  }

  Object create(DataFetchingEnvironment environment) throws InterruptedException {
    return answer(
        environment,
        (asked, entity) ->
            asked
                .operations()
                .create(asked.caller(), entity, RecordBody.row(entity, body(environment)), null));
  }

  Object replace(DataFetchingEnvironment environment) throws InterruptedException {
    return answer(
        environment,
        (asked, entity) -> {
          var key = reads.key(entity, environment);
          return asked
              .operations()
              .put(
                  asked.caller(),
                  entity,
                  key,
                  RecordBody.row(entity, key, body(environment)),
                  precondition(environment),
                  null);
        });
  }

  Object update(DataFetchingEnvironment environment) throws InterruptedException {
    return answer(
        environment,
        (asked, entity) -> {
          var key = reads.key(entity, environment);
          return asked
              .operations()
              .patch(
                  asked.caller(),
                  entity,
                  key,
                  RecordBody.patch(entity, key, body(environment)),
                  precondition(environment),
                  null);
        });
  }

  Object delete(DataFetchingEnvironment environment) throws InterruptedException {
    return answer(
        environment,
        (asked, entity) ->
            asked
                .operations()
                .delete(
                    asked.caller(),
                    entity,
                    reads.key(entity, environment),
                    precondition(environment),
                    null));
  }

  private Object answer(DataFetchingEnvironment environment, Write write)
      throws InterruptedException {
    Asked asked = Asked.of(environment);
    AtomicReference<Operations.@Nullable Done> done = new AtomicReference<>();
    Attempts.run(() -> done.set(write.run(asked, reads.now(asked))));
    Operations.Done written = Objects.requireNonNull(done.get());
    EntityRecord record = written.record();
    Map<String, @Nullable Object> answer = new LinkedHashMap<>();
    answer.put("record", record.row() == null ? null : new Reads.Item(record));
    answer.put("version", Values.number(record.version()));
    answer.put("created", written.created());
    answer.put("cursor", written.position().text());
    return answer;
  }

  /** The record as JSON has it, by the entity's own names. */
  private byte[] body(DataFetchingEnvironment environment) {
    Map<String, Object> record = environment.getArgument("record");
    Map<String, Object> named = new LinkedHashMap<>();
    if (record != null) {
      record.forEach((name, value) -> named.put(shown.fieldOf(name), value));
    }
    return Values.bytes(named);
  }

  private static Precondition precondition(DataFetchingEnvironment environment) {
    Object version = environment.getArgument("ifVersion");
    if (version == null) {
      return Precondition.NONE;
    }
    try {
      return new Precondition.Version(Long.parseLong(version.toString()));
    } catch (NumberFormatException none) {
      throw new Refusal(400, "bad-parameter", "ifVersion is a whole number.", "ifVersion");
    }
  }
}
