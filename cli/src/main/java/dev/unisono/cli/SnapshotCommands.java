package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The command {@code snapshot}: how far a running server's snapshots are, and commands to them. */
@Command(
    name = "snapshot",
    mixinStandardHelpOptions = true,
    description = "Shows, pauses, resumes, repeats or refreshes the snapshots of a running server.")
final class SnapshotCommands implements Callable<Integer> {
  /** What can be done. */
  enum Action {
    status,
    pause,
    resume,
    repeat,
    refresh
  }

  @Parameters(index = "0", paramLabel = "ACTION", description = "${COMPLETION-CANDIDATES}")
  private Action action = Action.status;

  @Parameters(index = "1", paramLabel = "SYSTEM", description = "the system that is read")
  private String system = "";

  @Parameters(
      index = "2",
      arity = "0..1",
      paramLabel = "SYNC",
      description = "the sync whose table is meant; all where none is named")
  private @Nullable String sync;

  @Mixin private ServerOptions server = new ServerOptions();

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws IOException, InterruptedException {
    try (ApiClient client = server.connect()) {
      String path =
          "/v1/admin/sources/"
              + URLEncoder.encode(system, StandardCharsets.UTF_8).replace("+", "%20")
              + "/snapshot";
      ApiClient.Answer answer =
          action == Action.status ? client.get(path) : client.post(path, body());
      if (!answer.well()) {
        out.println(answer.problem().code() + ": " + answer.problem().message());
        return 1;
      }
      if (action != Action.status) {
        out.println(action + " is in line; ./unisono snapshot status " + system + " shows it");
        return 0;
      }
      print(answer.fields());
      return 0;
    } catch (UnisonoException failed) {
      Problem problem = failed.problem();
      out.println(problem.code() + ": " + problem.message() + " " + problem.remedy());
      return 2;
    }
  }

  private String body() throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("action", action.name());
      if (sync != null) {
        json.writeStringField("sync", sync);
      }
      json.writeEndObject();
    }
    return text.toString();
  }

  private void print(Map<String, @Nullable Object> source) {
    out.println(system + " is " + source.get("state"));
    for (String name : List.of("problem", "repairing")) {
      if (source.get(name) instanceof Map<?, ?> problem) {
        out.println("  " + name + ": " + problem.get("code") + ": " + problem.get("message"));
      }
    }
    if (source.get("waiting") != null) {
      out.println("  waiting for " + source.get("waiting"));
    }
    if (source.get("tables") instanceof List<?> tables) {
      for (Object each : tables) {
        if (each instanceof Map<?, ?> table && (sync == null || sync.equals(table.get("sync")))) {
          out.println("  " + line(table));
        }
      }
    }
  }

  private static String line(Map<?, ?> table) {
    StringBuilder line = new StringBuilder();
    line.append(table.get("sync")).append(" (").append(table.get("table")).append("): ");
    line.append(table.get("phase")).append(" (").append(table.get("cause")).append("), ");
    line.append(table.get("rowsRead")).append(" rows");
    if (number(table, "rowsEstimated") > 0) {
      line.append(" of about ").append(table.get("rowsEstimated"));
    }
    if (number(table, "percent") >= 0) {
      line.append(", ").append(table.get("percent")).append(" %");
    }
    if (number(table, "rowsPerSecond") > 0) {
      line.append(", ").append(table.get("rowsPerSecond")).append(" rows/s");
    }
    if (number(table, "secondsLeft") > 0) {
      line.append(", ").append(table.get("secondsLeft")).append(" s left");
    }
    if (number(table, "keysChecked") > 0) {
      line.append(", ").append(table.get("keysChecked")).append(" keys compared, ");
      line.append(table.get("rowsMissing")).append(" not in the source");
    }
    if (table.get("waiting") != null) {
      line.append("; waiting: ").append(table.get("waiting"));
    }
    return line.toString();
  }

  private static long number(Map<?, ?> table, String name) {
    return table.get(name) instanceof Number number ? number.longValue() : -1;
  }
}
