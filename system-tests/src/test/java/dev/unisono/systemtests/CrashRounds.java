package dev.unisono.systemtests;

import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The rounds of one crash run and what came of them. Immutable.
 *
 * @param rounds how many were begun
 * @param faults what was done how often
 * @param failure what did not hold; null where everything did
 */
record CrashRounds(
    long seed, int rounds, SortedMap<String, Integer> faults, @Nullable Throwable failure) {
  /** More would make a run's journal long and its repetition tedious. */
  static final int MOST = 10;

  static CrashRounds run(Path folder, long seed, int rounds, Consumer<String> told)
      throws InterruptedException {
    told.accept("seed " + seed);
    CrashRun run;
    try {
      run = new CrashRun(folder, seed, told);
    } catch (Exception failed) {
      return new CrashRounds(seed, 0, new TreeMap<>(), failed);
    }
    @Nullable Throwable failure = null;
    try (run) {
      run.run(rounds);
    } catch (InterruptedException stop) {
      throw stop;
    } catch (Exception | AssertionError failed) {
      failure = failed;
    }
    return new CrashRounds(seed, run.rounds(), run.faults(), failure);
  }

  /** Fails with what it takes to repeat the run. */
  void throwFailure() {
    if (failure != null) {
      throw new AssertionError(
          "failed in round "
              + rounds
              + "; to repeat it: ./unisono bench crash --rounds "
              + MOST
              + " --seed "
              + seed,
          failure);
    }
  }
}
