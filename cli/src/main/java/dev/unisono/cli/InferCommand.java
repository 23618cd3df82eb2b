package dev.unisono.cli;

import dev.unisono.engine.assess.EntityText;
import dev.unisono.engine.assess.SuggestedEntity;
import dev.unisono.engine.assess.SuggestedField;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Connector.SystemContext;
import dev.unisono.spi.Survey;
import dev.unisono.spi.UnisonoException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code infer}: what a config should say of one table, told from some of its rows. */
@Command(
    name = "infer",
    mixinStandardHelpOptions = true,
    description = {
      "Prints the key, the schema and the standardize steps that fit a table, from some of its rows:"
          + " to be put under an entity. Changes nothing."
    })
final class InferCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "SYSTEM", description = "a system of the config")
  private String system = "";

  @Parameters(index = "1", paramLabel = "TABLE", description = "a table of it")
  private String table = "";

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "the config that has the system; unisono.yaml where nothing is said")
  private Path file = Path.of("unisono.yaml");

  @Option(names = "--json-schema", description = "print a JSON Schema alone, for schema: { file: }")
  private boolean jsonSchema;

  @Mixin private SampleOptions sample = new SampleOptions();

  private final PrintStream out = System.out;

  @Override
  public Integer call() {
    ConfigReader.Outcome outcome =
        new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(file);
    Config draft = outcome.draft();
    SystemConfig config = draft == null ? null : draft.systems().get(system);
    if (config == null) {
      return notThere(outcome);
    }
    try {
      sample.check();
      SystemContext context =
          new SystemContext(system, config.settings(), List.of(), List.of(), Map.of());
      try (ConnectedSystem connected = config.connector().connect(context);
          Survey survey = connected.survey()) {
        print(TableLook.of(survey, table, sample.rows(), LoadBudget.of(sample.percent())));
        return 0;
      }
    } catch (UnisonoException failed) {
      System.err.println(failed.problem());
      return 1;
    }
  }

  /** What the file says wrong of the system, or that it says nothing of it. */
  private int notThere(ConfigReader.Outcome outcome) {
    List<ConfigProblem> problems =
        outcome.problems().stream()
            .filter(located -> {
              String path = located.problem().configPath();
              return path == null || path.startsWith("systems." + system + ".");
            })
            .toList();
    if (problems.isEmpty()) {
      Config draft = outcome.draft();
      System.err.println(
          "no-such-system: "
              + file
              + " has no system "
              + system
              + (draft == null ? "" : "; it has " + String.join(", ", draft.systems().keySet()))
              + ".");
    }
    problems.forEach(located ->
        System.err.println(
            file + (located.line() > 0 ? ":" + located.line() : "") + ": " + located.problem()));
    return 2;
  }

  private void print(TableLook look) {
    SuggestedEntity entity = look.suggested();
    if (jsonSchema) {
      out.print(EntityText.jsonSchema(entity));
      return;
    }
    out.println(
        "# "
            + (look.whole() ? "all " : "")
            + Words.number(look.profile().rows())
            + " rows of "
            + look.table().name()
            + " in "
            + system
            + " were read; to be put under entities: "
            + entity.name()
            + ":");
    out.print(EntityText.yaml(entity, 0));
    for (SuggestedField field : entity.fields()) {
      for (String reason : field.reasons()) {
        out.println("# " + field.name() + ": " + reason);
      }
    }
  }
}
