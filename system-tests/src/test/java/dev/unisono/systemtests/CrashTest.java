package dev.unisono.systemtests;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Nothing is lost, doubled or turned back, whatever is killed when. */
final class CrashTest {

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void everythingIsThereOnceThoughServerSourceAndTargetAreKilledAgainAndAgain() throws Exception {
    long seed = Long.getLong("unisono.crash.seed", System.nanoTime() & 0xFFFFFF);
    for (int run = 0; run < 2; run++) {
      Path own = Files.createDirectory(folder.resolve("run-" + run));
      CrashRounds.run(own, seed + run, CrashRounds.MOST, System.out::println).throwFailure();
    }
  }
}
