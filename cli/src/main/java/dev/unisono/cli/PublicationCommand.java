package dev.unisono.cli;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.expose.SurveyedExposure;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
import dev.unisono.spi.UnisonoException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * The command {@code publication}: what each system has to be told to show its changes, for
 * somebody who may to run; or, asked to, runs it.
 */
@Command(
    name = "publication",
    mixinStandardHelpOptions = true,
    description = "Prints the statements that make each system show what is read from it.")
final class PublicationCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "FILE", description = "the config")
  private Path file = Path.of("unisono.yaml");

  @Parameters(index = "1", paramLabel = "SYSTEM", arity = "0..1", description = "this system alone")
  private @Nullable String only;

  @Option(names = "--apply", description = "run them by the role of the config")
  private boolean apply;

  @Option(names = "--remove", description = "what takes it all back")
  private boolean remove;

  private final PrintStream out = System.out;

  @Override
  public Integer call() {
    ConfigReader.Outcome outcome =
        new ConfigReader(
                ServiceLoader.load(Connector.class), System::getenv, new SurveyedExposure(false))
            .read(file);
    Config config = outcome.config();
    if (config == null) {
      for (ConfigProblem located : outcome.problems()) {
        tell(located);
      }
      boolean noFile =
          outcome.problems().stream()
              .anyMatch(one -> one.problem().code().equals("file-unreadable"));
      return noFile ? 2 : 1;
    }
    String named = only;
    if (named != null && !config.systems().containsKey(named)) {
      System.err.println(
          "no-such-system: "
              + file
              + " has no system "
              + named
              + "; it has "
              + String.join(", ", config.systems().keySet())
              + ".");
      return 2;
    }
    boolean well = true;
    try (Systems systems = new Systems(config)) {
      for (String system : config.systems().keySet()) {
        if (named == null || named.equals(system)) {
          try {
            publish(system, systems.system(system));
          } catch (UnisonoException failed) {
            tell(outcome.located(failed.problem()));
            well = false;
          }
        }
      }
    }
    return well ? 0 : 1;
  }

  private void publish(String system, ConnectedSystem connected) {
    List<String> statements =
        remove
            ? apply ? connected.withdraw() : connected.withdrawal()
            : apply ? connected.publish() : connected.publication();
    out.println(
        "-- "
            + system
            + (statements.isEmpty()
                ? ": nothing to run"
                : apply ? ": was run" : ": for whoever owns the tables"));
    for (String statement : statements) {
      out.println(statement + ";");
    }
  }

  private void tell(ConfigProblem located) {
    Problem problem = located.problem();
    System.err.println(file + (located.line() > 0 ? ":" + located.line() : "") + ": " + problem);
  }
}
