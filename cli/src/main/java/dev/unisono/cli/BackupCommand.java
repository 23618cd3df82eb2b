package dev.unisono.cli;

import dev.unisono.engine.state.StateBackup;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The command {@code backup}: copies the state of a server, which may be running. */
@Command(
    name = "backup",
    mixinStandardHelpOptions = true,
    description = "Copies the state of a server, running or not, into a new folder.")
final class BackupCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "CONFIG", description = "the server's config")
  private Path config = Path.of("unisono.yaml");

  @Parameters(index = "1", paramLabel = "FOLDER", description = "the folder to make")
  private Path target = Path.of("backup");

  @Override
  public Integer call() {
    return StateCommand.run(
        config,
        state -> {
          StateBackup.take(state, target);
          return "the state in " + state + " was copied into " + target;
        });
  }
}
