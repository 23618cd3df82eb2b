package dev.unisono.server.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.Doors;
import dev.unisono.engine.EngineStatus.TargetStatus;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.state.ParkedRow;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.PageRequest;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Row;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rows that targets refused: shown, tried again, given up. Safe for threads. */
public final class ParkedRoutes {

  private final Doors doors;

  public ParkedRoutes(Doors doors) {
    this.doors = doors;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/admin/parked").handler(context -> doorway.known(context, this::list));
    router
        .post("/v1/admin/parked/:target/retry")
        .handler(context -> doorway.withBody(context, this::retry));
    router
        .delete("/v1/admin/parked/:target/:id")
        .handler(context -> doorway.known(context, this::reject));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of("target", "after", "limit", "rejected"));
    String only = context.queryParams().get("target");
    PageRequest page = PageRequest.of(context);
    boolean rejected = flag(context.queryParams().get("rejected"));
    List<String> targets =
        only != null
            ? List.of(only)
            : doors.status().targets().stream().map(TargetStatus::system).toList();
    record Found(String target, ParkedRow row) {}
    List<Found> found = new ArrayList<>();
    for (String target : targets) {
      doors
          .parked(target, page.after(), page.wanted(), rejected)
          .forEach(row -> found.add(new Found(target, row)));
    }
    found.sort(Comparator.comparingLong(one -> one.row().id()));
    page.answer(
        context, found, one -> one.row().id(), (json, one) -> write(json, one.target(), one.row()));
  }

  private static void write(JsonGenerator json, String target, ParkedRow row) throws IOException {
    json.writeNumberField("id", row.id());
    json.writeStringField("target", target);
    json.writeStringField("entity", row.entity().name());
    json.writeFieldName("key");
    EntityJson.writeKey(json, row.entity(), row.key());
    json.writeStringField("operation", row.operation() == Operation.DELETE ? "delete" : "write");
    json.writeNumberField("sequence", row.sequence());
    json.writeStringField("time", EntityJson.time(row.sourceTime()));
    json.writeStringField("parkedAt", EntityJson.time(row.parkedAt()));
    json.writeNumberField("attempts", row.attempts());
    json.writeBooleanField("waits", row.waits());
    json.writeStringField("constraint", row.constraint());
    Answers.writeProblem(json, "cause", row.cause());
    Row image = row.row();
    if (image != null) {
      json.writeFieldName("record");
      EntityJson.writeRow(json, row.entity(), image);
    }
    String rejected = row.rejected();
    if (rejected != null) {
      json.writeStringField("rejected", rejected);
    }
  }

  private void retry(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of("id"));
    String text = context.queryParams().get("id");
    Long id =
        text == null ? null : Long.valueOf(Arguments.number(text, "id", 1, Long.MAX_VALUE, 0));
    int asked = doors.retryParked(Parameters.part(context, "target"), id);
    Answers.json(
        context,
        202,
        json -> {
          json.writeStartObject();
          json.writeNumberField("retrying", asked);
          json.writeEndObject();
        });
  }

  private void reject(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of("reason"));
    String reason = Parameters.reason(context);
    long id = Arguments.number(Parameters.part(context, "id"), "id", 1, Long.MAX_VALUE, 0);
    doors.rejectParked(Parameters.part(context, "target"), id, reason);
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeNumberField("rejected", id);
          json.writeEndObject();
        });
  }

  private static boolean flag(@Nullable String text) {
    if (text == null || text.equals("false")) {
      return false;
    }
    if (text.equals("true")) {
      return true;
    }
    throw new Refusal(400, "bad-parameter", "rejected is true or false.", "rejected");
  }
}
