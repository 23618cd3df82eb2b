package dev.unisono.cli;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
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
    return connect(config);
  }

  /** The server that runs with a config, where no other is named by {@code --url}. */
  ApiClient connect(Path file) {
    String address = url;
    Path token = tokenFile;
    if (address != null && token != null) {
      return ApiClient.at(address, token, null);
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
    return ApiClient.of(file);
  }
}
