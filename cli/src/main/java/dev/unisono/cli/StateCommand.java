package dev.unisono.cli;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.util.ServiceLoader;

/** What the commands for the state folder that a config names have in common. Has no state. */
final class StateCommand {
  private StateCommand() {}

  /** The work itself. */
  interface Work {
    /** Does it with the state folder and says what was done. */
    String on(Path folder);
  }

  /** Returns 0 where it was done, 2 where not, with the reason told. */
  static int run(Path file, Work work) {
    ConfigReader.Outcome outcome =
        new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(file);
    // The state's place is known, whatever else may be wrong or missing here, such as a password.
    Config config = outcome.draft();
    if (config == null) {
      for (ConfigProblem problem : outcome.problems()) {
        tell(problem.problem());
      }
      return 2;
    }
    try {
      System.out.println(work.on(config.state().folder()));
      return 0;
    } catch (UnisonoException failed) {
      tell(failed.problem());
      return 2;
    }
  }

  private static void tell(Problem problem) {
    System.err.println(
        problem.code()
            + ": "
            + problem.message()
            + (problem.remedy().isEmpty() ? "" : "\n    " + problem.remedy()));
  }
}
