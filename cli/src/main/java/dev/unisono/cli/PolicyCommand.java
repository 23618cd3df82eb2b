package dev.unisono.cli;

import dev.unisono.engine.access.MaskKey;
import dev.unisono.engine.access.PolicyTest;
import dev.unisono.engine.config.AccessConfig;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.expose.Exposure;
import dev.unisono.engine.expose.SurveyedExposure;
import dev.unisono.spi.Connector;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code policy}: what is written down of roles and rules, run against them. */
@Command(
    name = "policy",
    mixinStandardHelpOptions = true,
    description = "Roles and rules of a config.",
    subcommands = PolicyCommand.Test.class)
final class PolicyCommand {
  private PolicyCommand() {}

  /** The command {@code policy test}. */
  @Command(
      name = "test",
      mixinStandardHelpOptions = true,
      description = "Runs the tests under access.tests, and those of its files.")
  static final class Test implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "the config")
    private Path file = Path.of("unisono.yaml");

    @Option(names = "--offline", description = "do not connect to systems that are exposed")
    private boolean offline;

    private final PrintStream out = System.out;

    @Override
    public Integer call() {
      ConfigReader.Outcome outcome =
          new ConfigReader(
                  ServiceLoader.load(Connector.class),
                  System::getenv,
                  offline ? Exposure.NONE : new SurveyedExposure(false))
              .read(file);
      Config config = outcome.draft();
      // A secret that is not at hand here changes nothing of what is tested.
      List<ConfigProblem> problems =
          outcome.problems().stream()
              .filter(problem -> config == null || concerns(problem))
              .toList();
      for (ConfigProblem problem : problems) {
        out.println(file + ":" + problem.line() + ": " + problem.problem());
      }
      if (config == null || !problems.isEmpty()) {
        return config == null && outcome.root() == null ? 2 : 1;
      }
      return run(config);
    }

    private static boolean concerns(ConfigProblem problem) {
      String path = problem.problem().configPath();
      return path == null || path.startsWith("access") || path.startsWith("entities");
    }

    private int run(Config config) {
      AccessConfig access = config.access();
      List<String> failed = new ArrayList<>();
      for (PolicyTest test : access.tests()) {
        Optional<String> wrong = wrong(config, test);
        out.println(
            (wrong.isEmpty() ? "ok    " : "FAIL  ") + test.name() + " (" + test.where() + ")");
        wrong.ifPresent(why -> {
          out.println("      " + why);
          failed.add(why);
        });
      }
      out.println(
          access.tests().isEmpty()
              ? "There are no tests: write some under access.tests."
              : access.tests().size() + " tests, " + failed.size() + " failed");
      return failed.isEmpty() ? 0 : 1;
    }

    private static Optional<String> wrong(Config config, PolicyTest test) {
      EntityConfig of = config.entities().get(test.entity());
      if (of == null) {
        return Optional.of("there is no entity '" + test.entity() + "'");
      }
      Entity entity =
          new Entity(0, of.plural(), of.schema(), of.fields(), of.indexed(), of.served());
      return test.run(
          config
              .access()
              .policy()
              .rights(test.caller(), test.scopes(), new MaskKey(new byte[32]))
              .of(entity));
    }
  }
}
