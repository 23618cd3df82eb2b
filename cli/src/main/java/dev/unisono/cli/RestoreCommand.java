package dev.unisono.cli;

import dev.unisono.engine.state.StateBackup;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code restore}: puts a backup into the state folder of a server not running. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    description = "Puts a backup into the state folder of a config. The server must not run.")
final class RestoreCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "FOLDER", description = "what backup has made")
  private Path backup = Path.of("backup");

  @Parameters(index = "1", paramLabel = "CONFIG", description = "the server's config")
  private Path config = Path.of("unisono.yaml");

  @Option(names = "--force", description = "move a state that is there aside")
  private boolean force;

  @Override
  public Integer call() {
    return StateCommand.run(
        config,
        state -> {
          StateBackup.restore(backup, state, force, InstantSource.system());
          return backup + " was put into " + state;
        });
  }
}
