package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.config.EntityDocument;
import dev.unisono.engine.config.LearnedConfig;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.expose.Exposure;
import dev.unisono.engine.expose.SurveyedExposure;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.engine.validate.SchemaChange;
import dev.unisono.engine.validate.SchemaComparison;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code check}: every problem of a config at once, those in the systems too. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    description = "Finds every problem of a config at once, and asks each system, too.")
final class CheckCommand implements Callable<Integer> {
  private static final Comparator<ConfigProblem> BY_PLACE =
      Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column);

  @Parameters(paramLabel = "FILE", description = "the config")
  private Path file = Path.of("unisono.yaml");

  @Option(names = "--offline", description = "do not connect to the systems")
  private boolean offline;

  @Option(
      names = "--refuse-breaking",
      description = "a schema that breaks what a server runs with is a problem, not a notice")
  private boolean refuseBreaking;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws IOException {
    ConfigReader.Outcome outcome =
        new ConfigReader(
                ServiceLoader.load(Connector.class),
                System::getenv,
                offline ? Exposure.NONE : new SurveyedExposure(false))
            .read(file);
    List<ConfigProblem> problems = new ArrayList<>(outcome.problems());
    List<ConfigProblem> notices = new ArrayList<>(outcome.notices());
    Config config = outcome.config();
    // What is wrong elsewhere in the file does not keep the systems from being asked.
    Config draft = outcome.draft();
    if (draft != null) {
      for (Problem change : schemaChanges(draft)) {
        boolean refused = refuseBreaking && change.code().equals("schema-breaking");
        (refused ? problems : notices).add(outcome.located(change));
      }
    }
    if (draft != null && !offline) {
      Asked asked = ask(draft);
      asked.problems().forEach(problem -> problems.add(outcome.located(problem)));
      asked.notices().forEach(notice -> notices.add(outcome.located(notice)));
    }
    problems.sort(BY_PLACE);
    notices.sort(BY_PLACE);
    if (json) {
      out.println(asJson(problems, notices));
    } else {
      print(problems, notices);
    }
    boolean noFile =
        problems.stream().anyMatch(one -> one.problem().code().equals("file-unreadable"))
            && config == null
            && problems.size() == 1
            && problems.getFirst().line() == 0;
    return problems.isEmpty() ? 0 : noFile ? 2 : 1;
  }

  /** What of the schemas is another than those that a server runs with, or ran with last. */
  private static List<Problem> schemaChanges(Config draft) {
    List<Problem> changes = new ArrayList<>();
    try {
      StateFolder.Glimpse state = StateFolder.glimpse(draft.state().folder());
      Config config = LearnedConfig.over(draft, state.learned());
      config
          .entities()
          .forEach((name, entity) -> {
            String before = state.schemas().get(name);
            if (before != null) {
              SchemaComparison.compare(before, EntityDocument.of(entity))
                  .forEach(change -> changes.add(asProblem(name, change)));
            }
          });
    } catch (UnisonoException told) {
      // A state that cannot be read, or does not fit, is told where the systems are asked.
      return List.of();
    }
    return changes;
  }

  private static Problem asProblem(String entity, SchemaChange change) {
    return new Problem(
        change.breaking() ? "schema-breaking" : "schema-compatible",
        ProblemType.USER,
        change.message(),
        "entities." + entity + "." + change.path(),
        change.breaking()
            ? "What is held stays as it is; a source's rows that do not pass become dead letters."
                + " Tell those who read it before the server takes it up."
            : "");
  }

  /** What the systems say. */
  private record Asked(List<Problem> problems, List<Problem> notices) {}

  /** Asks the systems, by the config as the state makes it where a server has run with it. */
  private static Asked ask(Config draft) {
    Asked asked = new Asked(new ArrayList<>(), new ArrayList<>());
    try {
      StateFolder.Glimpse state = StateFolder.glimpse(draft.state().folder());
      Config config = LearnedConfig.over(draft, state.learned());
      try (Systems systems = new Systems(config)) {
        for (String system : config.systems().keySet()) {
          Map<String, String> source = state.sources().getOrDefault(system, Map.of());
          ConnectedSystem connected = systems.system(system);
          asked.problems().addAll(connected.check(source));
          asked.notices().addAll(connected.notices(source));
        }
      }
    } catch (UnisonoException failed) {
      asked.problems().add(failed.problem());
    }
    return asked;
  }

  private void print(List<ConfigProblem> problems, List<ConfigProblem> notices) {
    problems.forEach(problem -> print("", problem));
    notices.forEach(notice -> print("notice: ", notice));
    out.println(
        problems.isEmpty()
            ? file + ": all well" + (offline ? " (the systems were not asked)" : "")
            : problems.size() + (problems.size() == 1 ? " problem" : " problems"));
  }

  private void print(String kind, ConfigProblem located) {
    Problem problem = located.problem();
    out.println(
        file
            + (located.line() > 0 ? ":" + located.line() : "")
            + ": "
            + kind
            + problem.code()
            + (problem.configPath() == null || problem.configPath().isEmpty()
                ? ""
                : " at " + problem.configPath())
            + "\n    "
            + problem.message()
            + (problem.remedy().isEmpty() ? "" : "\n    " + problem.remedy()));
  }

  private static String asJson(List<ConfigProblem> problems, List<ConfigProblem> notices)
      throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      write(json, "problems", problems);
      write(json, "notices", notices);
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, String name, List<ConfigProblem> problems)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (ConfigProblem located : problems) {
      Problem problem = located.problem();
      json.writeStartObject();
      json.writeNumberField("line", located.line());
      json.writeNumberField("column", located.column());
      json.writeStringField("code", problem.code());
      json.writeStringField("type", problem.type().name());
      json.writeStringField("configPath", problem.configPath());
      json.writeStringField("message", problem.message());
      json.writeStringField("remedy", problem.remedy());
      json.writeEndObject();
    }
    json.writeEndArray();
  }
}
