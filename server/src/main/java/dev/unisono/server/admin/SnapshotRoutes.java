package dev.unisono.server.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.unisono.engine.Doors;
import dev.unisono.engine.EngineStatus.SourceStatus;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.SnapshotCommand;
import dev.unisono.spi.SnapshotCommand.Action;
import dev.unisono.spi.SourceProgress.TableProgress;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The snapshots of a system that is read: how far they are, and commands. Safe for threads. */
public final class SnapshotRoutes {
  private static final String PATH = "/v1/admin/sources/:system/snapshot";
  private static final Set<String> NAMES = Set.of("action", "sync");

  private final Doors doors;

  SnapshotRoutes(Doors doors) {
    this.doors = doors;
  }

  void mount(Router router, Doorway doorway) {
    router.get(PATH).handler(context -> doorway.known(context, this::show));
    router.post(PATH).handler(context -> doorway.withBody(context, this::command));
  }

  private void show(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    answer(context, 200, Parameters.part(context, "system"));
  }

  /** Answers when the command is in line: what comes of it shows in the tables' phases. */
  private void command(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    String system = Parameters.part(context, "system");
    source(system);
    Map<String, String> texts = texts(body);
    String action = texts.get("action");
    if (action == null) {
      throw badBody("It must have an action: pause, resume, repeat or refresh.", "action");
    }
    doors.snapshot(system, new SnapshotCommand(action(action), texts.get("sync")));
    answer(context, 202, system);
  }

  private static Action action(String text) {
    return switch (text) {
      case "pause" -> Action.PAUSE;
      case "resume" -> Action.RESUME;
      case "repeat" -> Action.REPEAT;
      case "refresh" -> Action.REFRESH;
      default ->
          throw badBody(
              "There is no action '" + text + "': pause, resume, repeat or refresh.", "action");
    };
  }

  private static Refusal badBody(String detail, String field) {
    return new Refusal(400, "bad-body", detail, field);
  }

  static Map<String, String> texts(Buffer body) {
    Map<String, String> texts = new HashMap<>();
    try (JsonParser json = EntityJson.FACTORY.createParser(body.getBytes())) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw badBody("The body is not one JSON object.", "action");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        if (!NAMES.contains(name)) {
          throw badBody("There is no '" + name + "': only action and sync.", name);
        }
        JsonToken value = json.nextToken();
        if (value != JsonToken.VALUE_STRING && value != JsonToken.VALUE_NULL) {
          throw badBody(name + " is a text.", name);
        }
        if (value == JsonToken.VALUE_STRING) {
          texts.put(name, json.getText());
        }
      }
      if (json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
        throw badBody("The body is not one JSON object.", "action");
      }
      return texts;
    } catch (IOException notJson) {
      throw badBody("The body is not one JSON object.", "action");
    }
  }

  private SourceStatus source(String system) {
    return doors.status().sources().stream()
        .filter(source -> source.system().equals(system))
        .findFirst()
        .orElseThrow(
            () -> new Refusal(404, "not-found", "No system named '" + system + "' is read."));
  }

  private void answer(RoutingContext context, int status, String system) {
    SourceStatus source = source(system);
    Answers.json(
        context,
        status,
        json -> {
          json.writeStartObject();
          json.writeStringField("system", system);
          json.writeStringField("state", source.state().name());
          Answers.writeProblem(json, "problem", source.problem());
          Answers.writeProblem(json, "repairing", source.progress().repair());
          json.writeStringField("waiting", source.progress().waiting());
          json.writeArrayFieldStart("tables");
          for (TableProgress table : source.progress().tables()) {
            write(json, table);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  static void write(JsonGenerator json, TableProgress table) throws IOException {
    json.writeStartObject();
    json.writeStringField("sync", table.sync());
    json.writeStringField("table", table.table());
    json.writeStringField("phase", table.phase().name().toLowerCase(Locale.ROOT));
    json.writeStringField("cause", table.cause());
    json.writeNumberField("rowsRead", table.rowsRead());
    json.writeNumberField("rowsEstimated", table.rowsEstimated());
    json.writeNumberField("percent", table.percent());
    json.writeNumberField("rowsPerSecond", Math.round(table.rowsPerSecond()));
    json.writeNumberField("secondsLeft", table.secondsLeft());
    json.writeNumberField("keysChecked", table.keysChecked());
    json.writeNumberField("rowsMissing", table.rowsMissing());
    json.writeStringField("waiting", table.waiting());
    json.writeBooleanField("done", table.done());
    json.writeArrayFieldStart("differences");
    for (String difference : table.differences()) {
      json.writeString(difference);
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
