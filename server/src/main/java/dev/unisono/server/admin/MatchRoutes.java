package dev.unisono.server.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.match.MatchScore;
import dev.unisono.engine.merge.MergePair;
import dev.unisono.engine.merge.MergePair.Decision;
import dev.unisono.engine.merge.MergePair.Side;
import dev.unisono.engine.merge.MergePair.State;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.PageRequest;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Lookup;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Row;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Records that may be one: shown side by side, and decided. Safe for threads. */
public final class MatchRoutes {
  private static final int LONGEST_REASON = 500;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Doors doors;

  public MatchRoutes(Doors doors) {
    this.doors = doors;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/admin/matches").handler(context -> doorway.known(context, this::list));
    router.get("/v1/admin/matches/:id").handler(context -> doorway.known(context, this::show));
    router
        .post("/v1/admin/matches/:id/decide")
        .handler(context -> doorway.withBody(context, this::decide));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of("entity", "state", "after", "limit"));
    String name = context.queryParams().get("entity");
    PageRequest page = PageRequest.of(context);
    List<MergePair> found =
        doors
            .matches()
            .list(
                new MergePair.Filter(
                    name == null ? null : Lookup.any(doors, name),
                    state(context.queryParams().get("state")),
                    page.after(),
                    page.wanted()));
    page.answer(context, found, MergePair::id, MatchRoutes::write);
  }

  private static @Nullable State state(@Nullable String name) {
    return name == null
        ? null
        : Arrays.stream(State.values())
            .filter(state -> word(state).equals(name))
            .findAny()
            .orElseThrow(() ->
                new Refusal(400, "bad-parameter", "state is open, same or different.", "state"));
  }

  private static String word(State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    MergePair pair = doors.matches().find(id(context));
    answer(context, pair);
  }

  private void decide(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    long id = id(context);
    Said said = said(body.getBytes());
    MergePair pair = doors.matches().decide(id, said.same(), said.reason(), PATIENCE);
    answer(context, pair);
  }

  /** What a person says of two records. Immutable. */
  record Said(boolean same, @Nullable String reason) {}

  static Said said(byte[] body) {
    Boolean same = null;
    String reason = null;
    try (JsonParser json = EntityJson.FACTORY.createParser(body)) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw badBody();
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (name.equals("same") && value.isBoolean()) {
          same = json.getBooleanValue();
        } else if (name.equals("reason") && value == JsonToken.VALUE_STRING) {
          reason = json.getText().strip();
        } else {
          throw badBody();
        }
      }
      if (json.nextToken() != null || same == null) {
        throw badBody();
      }
    } catch (IOException broken) {
      throw new Refusal(400, "bad-body", "The body is not JSON.");
    }
    if (reason != null && reason.length() > LONGEST_REASON) {
      throw new Refusal(
          400, "bad-body", "A reason has at most " + LONGEST_REASON + " letters.", "reason");
    }
    return new Said(same, reason == null || reason.isEmpty() ? null : reason);
  }

  private static void answer(RoutingContext context, MergePair pair) {
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          write(json, pair);
          json.writeEndObject();
        });
  }

  private static Refusal badBody() {
    return new Refusal(
        400, "bad-body", "The body is {\"same\": true or false, \"reason\": \"…\"}.");
  }

  private static long id(RoutingContext context) {
    return Arguments.number(Parameters.part(context, "id"), "id", 1, Long.MAX_VALUE, 0);
  }

  private static void write(JsonGenerator json, MergePair pair) throws IOException {
    json.writeNumberField("id", pair.id());
    json.writeStringField("entity", pair.entity().name());
    Decision decision = pair.decision();
    json.writeStringField(
        "state",
        word(decision == null ? State.OPEN : decision.same() ? State.SAME : State.DIFFERENT));
    json.writeNumberField("score", pair.score().total());
    json.writeBooleanField("ambiguous", pair.ambiguous());
    json.writeStringField("recordedAt", EntityJson.time(pair.recordedAt()));
    json.writeArrayFieldStart("comparisons");
    for (MatchScore.Part part : pair.score().parts()) {
      write(json, part);
    }
    json.writeEndArray();
    write(json, "one", pair.entity(), pair.one());
    write(json, "other", pair.entity(), pair.other());
    if (decision != null) {
      json.writeObjectFieldStart("decision");
      json.writeStringField("at", EntityJson.time(decision.at()));
      json.writeStringField("reason", decision.reason());
      json.writeEndObject();
    }
  }

  private static void write(JsonGenerator json, MatchScore.Part part) throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("fields");
    for (String field : part.fields()) {
      json.writeString(field);
    }
    json.writeEndArray();
    json.writeStringField("by", part.by());
    json.writeNumberField("weight", part.weight());
    json.writeStringField("one", part.one());
    json.writeStringField("other", part.other());
    Double similarity = part.similarity();
    if (similarity == null) {
      json.writeNullField("similarity");
    } else {
      json.writeNumberField("similarity", similarity);
    }
    json.writeEndObject();
  }

  private static void write(JsonGenerator json, String name, Entity entity, Side side)
      throws IOException {
    json.writeObjectFieldStart(name);
    json.writeNumberField("record", side.number());
    LinkRoutes.writeKeys(json, entity, side.keys());
    Row row = side.row();
    json.writeFieldName("values");
    if (row == null) {
      json.writeNull();
    } else {
      EntityJson.writeRow(json, entity, row);
    }
    json.writeEndObject();
  }
}
