package dev.unisono.server.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.Doors;
import dev.unisono.engine.EngineStatus;
import dev.unisono.engine.EngineStatus.SourceStatus;
import dev.unisono.engine.EngineStatus.TargetStatus;
import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.ServerConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.constraint.ConstraintChecks;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.merge.MergeStatus;
import dev.unisono.engine.merge.MergeStatus.MemberClock;
import dev.unisono.engine.merge.MergeStatus.MemberStatus;
import dev.unisono.engine.merge.MergeStatus.OpenConflicts;
import dev.unisono.engine.merge.MergeStatus.OpenMatches;
import dev.unisono.engine.state.SchemaVersions.SchemaVersion;
import dev.unisono.server.access.Access;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Cursors;
import dev.unisono.server.operation.Lookup;
import dev.unisono.server.operation.Refusal;
import dev.unisono.server.webhook.Webhooks;
import dev.unisono.spi.SourceProgress;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;

/** What the people who run the server ask it, and the page. Safe for threads. */
public final class AdminRoutes {
  private static final int LONGEST_WAIT_SECONDS = 30;

  private final Doors doors;
  private final Supplier<Config> config;
  private final Access access;
  private final Webhooks webhooks;
  private final boolean demo;

  /**
   * @param config gives the one that is in effect
   * @param demo whether this server is part of the demo
   */
  public AdminRoutes(
      Doors doors, Supplier<Config> config, Access access, Webhooks webhooks, boolean demo) {
    this.doors = doors;
    this.config = config;
    this.access = access;
    this.webhooks = webhooks;
    this.demo = demo;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/admin/status").handler(context -> doorway.known(context, this::status));
    router.get("/v1/admin/entities").handler(context -> doorway.known(context, this::entities));
    router
        .get("/v1/admin/entities/:name/schemas")
        .handler(context -> doorway.known(context, this::schemas));
    router
        .get("/v1/admin/deliveries/:system")
        .handler(context -> doorway.known(context, this::deliveries));
    new SnapshotRoutes(doors).mount(router, doorway);
    router
        .post("/v1/admin/sign-in-links")
        .handler(context -> doorway.withBody(context, this::signInLink));
  }

  private void signInLink(RoutingContext context, Buffer body) {
    ServerConfig server = config.get().server();
    String host = server.host();
    String address = host.equals("0.0.0.0") || host.equals("::") ? "localhost" : host;
    String url =
        server.scheme()
            + "://"
            + (address.contains(":") ? "[" + address + "]" : address)
            + ":"
            + server.port()
            + "/sign-in?code="
            + access.newSignInCode(Doorway.caller(context));
    Answers.json(
        context,
        201,
        json -> {
          json.writeStartObject();
          json.writeStringField("url", url);
          json.writeEndObject();
        });
  }

  private void deliveries(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of("after", "wait"));
    long sequence = Cursors.sequence(doors.journal(), context.queryParams().get("after"));
    int wait = waitSeconds(context.queryParams().get("wait"));
    boolean delivered =
        doors.awaitDelivered(
            Parameters.part(context, "system"), sequence, Duration.ofSeconds(wait));
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeBooleanField("delivered", delivered);
          json.writeEndObject();
        });
  }

  private static int waitSeconds(@org.jspecify.annotations.Nullable String text) {
    if (text == null) {
      return 0;
    }
    try {
      int wait = Integer.parseInt(text);
      if (wait >= 0 && wait <= LONGEST_WAIT_SECONDS) {
        return wait;
      }
    } catch (NumberFormatException notWhole) {
      // Said below, like a number out of range.
    }
    throw new Refusal(
        400,
        "bad-parameter",
        "wait is a number of seconds from 0 to " + LONGEST_WAIT_SECONDS + ".",
        "wait");
  }

  private void entities(RoutingContext context, Buffer body) {
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (Entity entity : Lookup.served(doors)) {
            writeEntity(json, entity);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void schemas(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    List<SchemaVersion> versions =
        doors.schemas(Lookup.any(doors, Parameters.part(context, "name")));
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (SchemaVersion version : versions) {
            json.writeStartObject();
            json.writeNumberField("version", version.version());
            json.writeStringField("since", EntityJson.time(version.since()));
            json.writeFieldName("document");
            json.writeRawValue(version.document());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void writeEntity(JsonGenerator json, Entity entity) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", entity.name());
    json.writeStringField("plural", entity.plural());
    json.writeArrayFieldStart("key");
    for (int i = 0; i < entity.schema().keySize(); i++) {
      json.writeString(entity.schema().field(entity.schema().keyPosition(i)).name());
    }
    json.writeEndArray();
    json.writeNumberField("records", doors.records().count(entity));
    json.writeBooleanField("writable", doors.writable(entity));
    json.writeArrayFieldStart("fields");
    for (EntityField field : entity.fields()) {
      json.writeStartObject();
      json.writeStringField("name", field.name());
      json.writeStringField("type", jsonType(field));
      json.writeBooleanField("required", field.required());
      json.writeBooleanField("indexed", entity.indexed().contains(field.name()));
      json.writeFieldName("schema");
      json.writeRawValue(field.jsonSchema());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void status(RoutingContext context, Buffer body) {
    EngineStatus status = doors.status();
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeNumberField("epoch", status.epoch());
          json.writeObjectFieldStart("journal");
          json.writeNumberField("head", status.journalHead());
          json.writeNumberField("oldest", status.journalOldest());
          json.writeNumberField("bytes", status.journalBytes());
          json.writeStringField("cursor", doors.journal().head().text());
          json.writeEndObject();
          json.writeObjectFieldStart("records");
          json.writeNumberField("sequence", status.recordsSequence());
          json.writeEndObject();
          json.writeNumberField("deadLetters", status.deadLetters().open());
          json.writeNumberField("held", status.deadLetters().held());
          json.writeNumberField("deadLetterLimit", status.deadLetters().limit());
          json.writeArrayFieldStart("warnings");
          for (Warnings.Count count : status.warnings()) {
            json.writeStartObject();
            json.writeStringField("entity", count.entity());
            json.writeStringField("code", count.code());
            json.writeNumberField("rows", count.rows());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeArrayFieldStart("known");
          for (ConstraintChecks.Known known : status.known()) {
            json.writeStartObject();
            json.writeStringField("entity", known.entity());
            json.writeBooleanField("whole", known.whole());
            json.writeEndObject();
          }
          json.writeEndArray();
          Answers.writeProblem(json, "problem", status.problem());
          json.writeArrayFieldStart("sources");
          for (SourceStatus source : status.sources()) {
            writeSource(json, source);
          }
          json.writeEndArray();
          json.writeArrayFieldStart("targets");
          for (TargetStatus target : status.targets()) {
            writeTarget(json, target);
          }
          json.writeEndArray();
          writeMerges(json, status.merges());
          writeWebhooks(json, webhooks.figures());
          writeSyncs(json, config.get());
          if (demo) {
            json.writeBooleanField("demo", true);
          }
          json.writeEndObject();
        });
  }

  private static void writeSource(JsonGenerator json, SourceStatus source) throws IOException {
    json.writeStartObject();
    json.writeStringField("system", source.system());
    json.writeStringField("state", source.state().name());
    Answers.writeProblem(json, "problem", source.problem());
    json.writeNumberField("changes", source.changes());
    json.writeNumberField("lagSeconds", source.lagSeconds());
    json.writeStringField("phase", source.progress().phase().name());
    json.writeNumberField("lagBytes", source.progress().lagBytes());
    json.writeNumberField("retainedBytes", source.progress().retained().bytes());
    json.writeNumberField("safeBytes", source.progress().retained().safeBytes());
    json.writeNumberField("budgetBytes", source.progress().retained().budgetBytes());
    Answers.writeProblem(json, "repairing", source.progress().repair());
    Answers.writeProblem(json, "warning", source.progress().warning());
    json.writeStringField("waiting", source.progress().waiting());
    json.writeArrayFieldStart("tables");
    for (SourceProgress.TableProgress table : source.progress().tables()) {
      SnapshotRoutes.write(json, table);
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private static void writeTarget(JsonGenerator json, TargetStatus target) throws IOException {
    json.writeStartObject();
    json.writeStringField("system", target.system());
    json.writeStringField("state", target.state().name());
    Answers.writeProblem(json, "problem", target.problem());
    json.writeNumberField("delivered", target.delivered());
    json.writeNumberField("sequence", target.sequence());
    json.writeNumberField("lagEntries", target.lagEntries());
    json.writeNumberField("lagSeconds", target.lagSeconds());
    json.writeNumberField("waiting", target.waiting());
    json.writeNumberField("parked", target.parked());
    json.writeNumberField("rejected", target.rejected());
    json.writeEndObject();
  }

  private static void writeMerges(JsonGenerator json, MergeStatus merges) throws IOException {
    json.writeObjectFieldStart("merges");
    writeTexts(json, "collecting", merges.collecting());
    writeTexts(json, "awaiting", merges.awaiting());
    json.writeNumberField("conflicts", merges.conflicts());
    json.writeArrayFieldStart("open");
    for (OpenConflicts open : merges.open()) {
      json.writeStartObject();
      json.writeStringField("sync", open.sync());
      json.writeStringField("entity", open.entity());
      json.writeNumberField("conflicts", open.count());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("matches");
    for (OpenMatches open : merges.matches()) {
      json.writeStartObject();
      json.writeStringField("sync", open.sync());
      json.writeStringField("entity", open.entity());
      json.writeNumberField("open", open.count());
      json.writeNumberField("crowdedBlocks", open.crowdedBlocks());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("members");
    for (MemberStatus member : merges.members()) {
      json.writeStartObject();
      json.writeStringField("system", member.system());
      json.writeStringField("state", member.state().name());
      Answers.writeProblem(json, "problem", member.problem());
      json.writeNumberField("written", member.written());
      json.writeNumberField("refused", member.refused());
      json.writeNumberField("waiting", member.waiting());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("clocks");
    for (MemberClock clock : merges.clocks()) {
      json.writeStartObject();
      json.writeStringField("system", clock.system());
      json.writeNumberField("aheadMillis", clock.ahead().toMillis());
      json.writeEndObject();
    }
    json.writeEndArray();
    Answers.writeProblem(json, "clocksApart", merges.clocksApart());
    json.writeEndObject();
  }

  private static void writeWebhooks(JsonGenerator json, Webhooks.Figures figures)
      throws IOException {
    json.writeObjectFieldStart("webhooks");
    json.writeNumberField("endpoints", figures.endpoints());
    json.writeNumberField("disabled", figures.disabled());
    json.writeNumberField("failing", figures.failing());
    json.writeNumberField("waiting", figures.waiting());
    json.writeNumberField("lagEntries", figures.lagEntries());
    json.writeEndObject();
  }

  private static void writeTexts(JsonGenerator json, String name, List<String> texts)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }

  private static void writeSyncs(JsonGenerator json, Config config) throws IOException {
    json.writeArrayFieldStart("syncs");
    for (SyncConfig sync : config.syncs()) {
      json.writeStartObject();
      json.writeStringField("name", sync.name());
      json.writeStringField("entity", sync.entity());
      var entity = config.entities().get(sync.entity());
      json.writeStringField("plural", entity == null ? "" : entity.plural());
      json.writeArrayFieldStart("members");
      for (MemberConfig member : sync.members()) {
        var system = config.systems().get(member.system());
        json.writeStartObject();
        json.writeStringField("system", member.system());
        json.writeStringField("connector", system == null ? "" : system.connector().kind());
        json.writeStringField("table", member.binding().table());
        json.writeStringField("direction", member.direction().name().toLowerCase(Locale.ROOT));
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** The type by which a field's values stand in JSON. */
  private static String jsonType(EntityField field) {
    return switch (field.type()) {
      case BOOLEAN -> "boolean";
      case LONG -> "integer";
      case DECIMAL -> field.jsonNumber() ? "number" : "string";
      case DOUBLE -> "number";
      case JSON, ARRAY -> "object";
      case STRING, BYTES, DATE, TIME, TIMESTAMP, UUID -> "string";
    };
  }
}
