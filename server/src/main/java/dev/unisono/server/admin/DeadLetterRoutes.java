package dev.unisono.server.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.DeadLetters;
import dev.unisono.engine.Doors;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.engine.state.KeptLetter;
import dev.unisono.engine.state.KeptLetter.Closed;
import dev.unisono.engine.state.KeptLetter.Filter;
import dev.unisono.engine.state.KeptLetter.State;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.PageRequest;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Arguments;
import dev.unisono.server.operation.Lookup;
import dev.unisono.server.operation.RecordBody;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.Key;
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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What was refused on its way in or is held: shown, corrected, taken up after all, given up. Safe
 * for threads.
 */
public final class DeadLetterRoutes {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Set<String> FILTER =
      Set.of("system", "entity", "key", "code", "state", "after", "limit");
  private static final Set<String> FILTER_AND_REASON =
      Set.of("system", "entity", "key", "code", "state", "after", "limit", "reason");

  private final Doors doors;

  public DeadLetterRoutes(Doors doors) {
    this.doors = doors;
  }

  public void mount(Router router, Doorway doorway) {
    String all = "/v1/admin/dead-letters";
    router.get(all).handler(context -> doorway.known(context, this::list));
    router.post(all + "/replay").handler(context -> doorway.withBody(context, this::replayAll));
    router.post(all + "/discard").handler(context -> doorway.withBody(context, this::discardAll));
    router.get(all + "/:id").handler(context -> doorway.known(context, this::show));
    router.patch(all + "/:id").handler(context -> doorway.withBody(context, this::edit));
    router.post(all + "/:id/replay").handler(context -> doorway.withBody(context, this::replay));
    router.delete(all + "/:id").handler(context -> doorway.known(context, this::discard));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, FILTER);
    PageRequest page = PageRequest.of(context);
    List<KeptLetter> found = doors.deadLetters().list(filter(context, page.after(), page.wanted()));
    page.answer(context, found, KeptLetter::id, DeadLetterRoutes::write);
  }

  private Filter filter(RoutingContext context, long after, int limit) {
    String name = context.queryParams().get("entity");
    Entity entity = name == null ? null : Lookup.any(doors, name);
    return new Filter(
        context.queryParams().get("system"),
        entity,
        Arguments.key(entity, context.queryParams().get("key")),
        context.queryParams().get("code"),
        state(context.queryParams().get("state")),
        after,
        limit);
  }

  private Filter several(RoutingContext context) {
    PageRequest page = PageRequest.most(context);
    return filter(context, page.after(), page.limit());
  }

  private static State state(@Nullable String text) {
    if (text == null) {
      return State.OPEN;
    }
    for (State state : State.values()) {
      if (word(state).equals(text)) {
        return state;
      }
    }
    String states =
        Arrays.stream(State.values()).map(DeadLetterRoutes::word).collect(Collectors.joining(", "));
    throw new Refusal(400, "bad-parameter", "state is one of " + states + ".", "state");
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    answer(context, doors.deadLetters().find(id(context)));
  }

  private static long id(RoutingContext context) {
    return Arguments.number(Parameters.part(context, "id"), "id", 1, Long.MAX_VALUE, 0);
  }

  /** With what would still refuse it, and the record as it is now. */
  private void answer(RoutingContext context, KeptLetter letter) {
    Key key = letter.key();
    Row present =
        key == null || !letter.entity().served()
            ? null
            : doors.records().find(letter.entity(), key).map(EntityRecord::row).orElse(null);
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          write(json, letter);
          json.writeFieldName("wrong");
          Answers.writeFindings(json, doors.deadLetters().wrong(letter));
          writeRow(json, "present", letter, present);
          json.writeEndObject();
        });
  }

  private static void write(JsonGenerator json, KeptLetter letter) throws IOException {
    json.writeNumberField("id", letter.id());
    json.writeStringField("time", EntityJson.time(letter.time()));
    json.writeStringField("system", letter.system());
    json.writeStringField("entity", letter.entity().name());
    Key key = letter.key();
    json.writeFieldName("key");
    if (key == null) {
      json.writeNull();
    } else {
      EntityJson.writeKey(json, letter.entity(), key);
    }
    json.writeStringField("operation", word(letter.operation()));
    Closed closed = letter.closed();
    json.writeStringField(
        "state", closed != null ? word(closed.outcome()) : letter.held() ? "held" : "refused");
    json.writeStringField("stage", word(letter.stage()));
    json.writeNumberField("attempts", letter.attempts());
    Answers.writeProblem(json, "cause", letter.cause());
    json.writeFieldName("findings");
    Answers.writeFindings(json, letter.findings());
    json.writeStringField("sourceTime", EntityJson.time(letter.sourceTime()));
    json.writeStringField(
        "position",
        Long.toUnsignedString(letter.position().commit()) + "/" + letter.position().ordinal());
    writeRow(json, "row", letter, letter.row());
    writeRow(json, "edited", letter, letter.edited());
    if (closed != null) {
      json.writeStringField("closedAt", EntityJson.time(closed.at()));
      json.writeStringField("reason", closed.reason());
    }
  }

  private static void writeRow(
      JsonGenerator json, String name, KeptLetter letter, @Nullable Row row) throws IOException {
    json.writeFieldName(name);
    if (row == null) {
      json.writeNull();
    } else {
      EntityJson.writeRow(json, letter.entity(), row.withoutUnfit());
    }
  }

  private void edit(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    KeptLetter letter = doors.deadLetters().find(id(context));
    Row patch =
        new Row(letter.entity().schema(), RecordBody.values(letter.entity(), body.getBytes()));
    if (patch.nothing()) {
      throw RecordBody.empty();
    }
    answer(context, doors.deadLetters().edit(letter.id(), patch, PATIENCE));
  }

  private void replay(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    answer(context, doors.deadLetters().replay(id(context), PATIENCE));
  }

  private void discard(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of("reason"));
    answer(context, doors.deadLetters().discard(id(context), Parameters.reason(context), PATIENCE));
  }

  private void replayAll(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, FILTER);
    answer(context, "replayed", doors.deadLetters().replayAll(several(context), PATIENCE));
  }

  private void discardAll(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, FILTER_AND_REASON);
    String reason = Parameters.reason(context);
    answer(
        context, "discarded", doors.deadLetters().discardAll(several(context), reason, PATIENCE));
  }

  private static void answer(RoutingContext context, String done, DeadLetters.Several several) {
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeNumberField(done, several.done());
          json.writeNumberField("refused", several.refused());
          if (several.next().isPresent()) {
            json.writeNumberField("next", several.next().get());
          } else {
            json.writeNullField("next");
          }
          json.writeEndObject();
        });
  }
}
