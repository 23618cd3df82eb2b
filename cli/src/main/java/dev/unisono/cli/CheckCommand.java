package dev.unisono.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.config.LearnedConfig;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.state.StateFolder;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
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
  @Parameters(paramLabel = "FILE", description = "the config")
  private Path file = Path.of("unisono.yaml");

  @Option(names = "--offline", description = "do not connect to the systems")
  private boolean offline;

  @Option(names = "--json", description = "print one JSON object")
  private boolean json;

  private final PrintStream out = System.out;

  @Override
  public Integer call() throws IOException {
    ConfigReader.Outcome outcome =
        new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(file);
    List<ConfigProblem> problems = new ArrayList<>(outcome.problems());
    Config config = outcome.config();
    // What is wrong elsewhere in the file does not keep the systems from being asked.
    Config draft = outcome.draft();
    if (draft != null && !offline) {
      for (Problem problem : ask(draft)) {
        problems.add(outcome.located(problem));
      }
    }
    problems.sort(
        Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column));
    if (json) {
      out.println(asJson(problems));
    } else {
      print(problems);
    }
    boolean noFile =
        problems.stream().anyMatch(one -> one.problem().code().equals("file-unreadable"))
            && config == null
            && problems.size() == 1
            && problems.getFirst().line() == 0;
    return problems.isEmpty() ? 0 : noFile ? 2 : 1;
  }

  /** Asks the systems, by the config as the state makes it where a server has run with it. */
  private static List<Problem> ask(Config draft) {
    List<Problem> problems = new ArrayList<>();
    try {
      StateFolder.Glimpse state = StateFolder.glimpse(draft.state().folder());
      Config config = LearnedConfig.over(draft, state.learned());
      for (SystemConfig system : config.systems().values()) {
        problems.addAll(ask(config, system, state.sources().getOrDefault(system.name(), Map.of())));
      }
    } catch (UnisonoException failed) {
      problems.add(failed.problem());
    }
    return problems;
  }

  private static List<Problem> ask(Config config, SystemConfig system, Map<String, String> state) {
    try (ConnectedSystem connected = Systems.connect(config, system)) {
      return connected.check(state);
    }
  }

  private void print(List<ConfigProblem> problems) {
    for (ConfigProblem located : problems) {
      Problem problem = located.problem();
      out.println(
          file
              + (located.line() > 0 ? ":" + located.line() : "")
              + ": "
              + problem.code()
              + (problem.configPath() == null || problem.configPath().isEmpty()
                  ? ""
                  : " at " + problem.configPath())
              + "\n    "
              + problem.message()
              + (problem.remedy().isEmpty() ? "" : "\n    " + problem.remedy()));
    }
    out.println(
        problems.isEmpty()
            ? file + ": all well" + (offline ? " (the systems were not asked)" : "")
            : problems.size() + (problems.size() == 1 ? " problem" : " problems"));
  }

  private static String asJson(List<ConfigProblem> problems) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = EntityJson.FACTORY.createGenerator(text)) {
      json.writeStartObject();
      json.writeArrayFieldStart("problems");
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
      json.writeEndObject();
    }
    return text.toString();
  }
}
