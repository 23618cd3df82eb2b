package dev.unisono.server.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Doors;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.merge.MergeConflict;
import dev.unisono.engine.merge.MergeConflict.Choice;
import dev.unisono.engine.merge.MergeConflict.Decision;
import dev.unisono.engine.merge.MergeConflict.Side;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.admin.RunningConfig.Reloaded;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.PageRequest;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Lookup;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What members did to the same record at the same time: shown, and decided. Safe for threads. */
public final class ConflictRoutes {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Doors doors;

  private final Supplier<Config> config;
  private final RunningConfig file;
  private final Access access;

  /**
   * @param config gives the one that is in effect
   * @param file where a rule is written to
   * @param access is told of that
   */
  public ConflictRoutes(Doors doors, Supplier<Config> config, RunningConfig file, Access access) {
    this.doors = doors;
    this.config = config;
    this.file = file;
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/admin/conflicts").handler(context -> doorway.known(context, this::list));
    router.get("/v1/admin/conflicts/:id").handler(context -> doorway.known(context, this::show));
    router
        .post("/v1/admin/conflicts/:id/decision")
        .handler(context -> doorway.withBody(context, this::decide));
    router
        .post("/v1/admin/conflicts/:id/rule")
        .handler(context -> doorway.withBody(context, this::makeRule));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of("entity", "key", "state", "after", "limit"));
    String name = context.queryParams().get("entity");
    Entity entity = name == null ? null : Lookup.any(doors, name);
    PageRequest page = PageRequest.of(context);
    List<MergeConflict> found =
        doors.conflicts(
            new MergeConflict.Filter(
                entity,
                Arguments.key(entity, context.queryParams().get("key")),
                open(context.queryParams().get("state")),
                page.after(),
                page.wanted()));
    page.answer(context, found, MergeConflict::id, ConflictRoutes::write);
  }

  private static @Nullable Boolean open(@Nullable String state) {
    if (state == null) {
      return null;
    }
    return switch (state) {
      case "open" -> true;
      case "decided" -> false;
      default -> throw new Refusal(400, "bad-parameter", "state is open or decided.", "state");
    };
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    answer(context, doors.conflict(id(context)));
  }

  /** With the record as it is now, beside what was in conflict. */
  private void answer(RoutingContext context, MergeConflict conflict) {
    Row present =
        doors.records().find(conflict.entity(), conflict.key()).map(EntityRecord::row).orElse(null);
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          write(json, conflict);
          json.writeFieldName("record");
          if (present == null) {
            json.writeNull();
          } else {
            EntityJson.writeRow(json, conflict.entity(), present);
          }
          json.writeEndObject();
        });
  }

  private static void write(JsonGenerator json, MergeConflict conflict) throws IOException {
    json.writeNumberField("id", conflict.id());
    json.writeStringField("entity", conflict.entity().name());
    json.writeFieldName("key");
    EntityJson.writeKey(json, conflict.entity(), conflict.key());
    json.writeStringField("field", conflict.field());
    json.writeStringField("state", conflict.open() ? "open" : "decided");
    json.writeStringField("rule", conflict.rule());
    json.writeBooleanField("firstLoad", conflict.firstLoad());
    json.writeStringField("recordedAt", EntityJson.time(conflict.recordedAt()));
    json.writeFieldName("base");
    writeValue(json, conflict, conflict.base());
    writeSide(json, "kept", conflict, conflict.kept());
    writeSide(json, "other", conflict, conflict.other());
    if (conflict.result() != null) {
      json.writeFieldName("result");
      writeValue(json, conflict, conflict.result());
    }
    Decision decision = conflict.decision();
    if (decision != null) {
      json.writeObjectFieldStart("decision");
      json.writeStringField("at", EntityJson.time(decision.at()));
      json.writeStringField("pick", decision.pick());
      json.writeEndObject();
    }
  }

  private static void writeSide(JsonGenerator json, String name, MergeConflict conflict, Side side)
      throws IOException {
    json.writeObjectFieldStart(name);
    json.writeStringField("member", side.member());
    Instant written = side.writtenAt();
    json.writeStringField("writtenAt", written == null ? null : EntityJson.time(written));
    json.writeBooleanField("deleted", side.row() == null);
    json.writeFieldName("value");
    writeValue(json, conflict, side.row());
    json.writeEndObject();
  }

  /** The field's value; where a delete is in question, the whole record. */
  private static void writeValue(JsonGenerator json, MergeConflict conflict, @Nullable Row row)
      throws IOException {
    String field = conflict.field();
    if (row == null) {
      json.writeNull();
    } else if (field == null) {
      EntityJson.writeRow(json, conflict.entity(), row);
    } else {
      int position = position(conflict, field);
      Object value = row.value(position);
      EntityJson.writeValue(
          json,
          conflict.entity().fields().get(position),
          value == Unchanged.UNCHANGED ? null : value);
    }
  }

  private static int position(MergeConflict conflict, String field) {
    return Objects.requireNonNull(conflict.entity().schema().find(field));
  }

  private void decide(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    long id = id(context);
    MergeConflict conflict = doors.conflict(id);
    answer(context, doors.decideConflict(id, choice(conflict, body.getBytes()), PATIENCE));
  }

  /** The config has the rule from now on, and what waits and is like the conflict is decided. */
  private void makeRule(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    MergeConflict conflict = doors.conflict(id(context));
    String entity = conflict.entity().name();
    SyncConfig sync =
        config.get().syncs().stream()
            .filter(each -> each.entity().equals(entity))
            .findFirst()
            .orElseThrow();
    ConflictRule rule = new ConflictRule(sync, conflict, rule(body.getBytes()));
    switch (file.set(rule.path(), rule.text())) {
      case Reloaded.InEffect(List<String> changed) -> {
        access.tell(
            Audit.Kind.CONFIG,
            Doorway.caller(context),
            "config.rule",
            file.file().toString(),
            "Changed: " + String.join(", ", changed) + ".");
        int decided = rule.decideWaiting(doors);
        Answers.json(
            context,
            200,
            json -> {
              json.writeStartObject();
              json.writeStringField("file", file.file().toString());
              json.writeStringField("path", String.join(".", rule.path()));
              json.writeStringField("rule", rule.text());
              json.writeArrayFieldStart("changed");
              for (String path : changed) {
                json.writeString(path);
              }
              json.writeEndArray();
              json.writeNumberField("decided", decided);
              json.writeEndObject();
            });
      }
      case Reloaded.Refused(List<ConfigProblem> problems) ->
          ReloadRoutes.refused(
              context, file, problems, "Choose another rule, or correct the file first.");
    }
  }

  static String rule(byte[] body) {
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() == JsonToken.START_OBJECT
          && "rule".equals(json.nextFieldName())
          && json.nextToken() == JsonToken.VALUE_STRING) {
        String rule = json.getText();
        if (json.nextToken() == JsonToken.END_OBJECT && json.nextToken() == null) {
          return rule;
        }
      }
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "The body is not JSON.");
    }
    throw new Refusal(400, "bad-body", "The body is {\"rule\": \"what decides from now on\"}.");
  }

  static Choice choice(MergeConflict conflict, byte[] body) {
    Choice choice = null;
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw badBody();
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (choice != null) {
          throw badBody();
        }
        if (name.equals("pick") && value == JsonToken.VALUE_STRING) {
          choice = new Choice.Pick(json.getText());
        } else if (name.equals("value")) {
          choice = edit(conflict, json);
        } else {
          throw badBody();
        }
      }
      if (json.nextToken() != null || choice == null) {
        throw badBody();
      }
      return choice;
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "The body is not JSON.");
    }
  }

  private static Refusal badBody() {
    return new Refusal(
        400,
        "bad-body",
        "The body is {\"pick\": \"the member whose side it shall be\"} or {\"value\": …}.");
  }

  private static Choice edit(MergeConflict conflict, JsonParser json) throws IOException {
    String name = conflict.field();
    if (name == null) {
      throw new Refusal(
          422, "no-such-side", "This is about a delete: pick one of the sides.", "value");
    }
    int position = position(conflict, name);
    EntityField field = conflict.entity().fields().get(position);
    @Nullable Object[] values = new @Nullable Object[conflict.entity().schema().size()];
    Arrays.fill(values, Unchanged.UNCHANGED);
    try {
      values[position] = EntityJson.read(json, field);
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(422, "invalid-value", String.valueOf(unfit.getMessage()), name);
    }
    return new Choice.Edit(new Row(conflict.entity().schema(), values));
  }

  private static long id(RoutingContext context) {
    return Arguments.number(Parameters.part(context, "id"), "id", 1, Long.MAX_VALUE, 0);
  }
}
