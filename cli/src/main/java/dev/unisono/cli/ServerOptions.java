package dev.unisono.cli;

import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options by which a command finds the running server it talks to. For one thread. */
final class ServerOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "the config that the server runs with; unisono.yaml where nothing is said")
  private Path config = Path.of("unisono.yaml");

  @Option(names = "--url", paramLabel = "URL", description = "the server, instead of --config")
  private @Nullable String url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "the file with the admin token, with --url")
  private @Nullable Path tokenFile;

  ApiClient connect() {
    String address = url;
    Path token = tokenFile;
    if (address != null && token != null) {
      return ApiClient.at(address, token);
    }
    if (address != null || token != null) {
      throw new UnisonoException(
          new Problem(
              "missing-option",
              ProblemType.USER,
              "--url and --token-file belong together.",
              null,
              "Give both, or --config alone."));
    }
    // Only its address and state folder matter: secrets that are not set here do no harm.
    ConfigReader.Outcome outcome =
        new ConfigReader(ServiceLoader.load(Connector.class), System::getenv).read(config);
    Config draft = outcome.draft();
    if (draft == null) {
      throw new UnisonoException(outcome.problems().getFirst().problem());
    }
    return ApiClient.of(draft);
  }
}
