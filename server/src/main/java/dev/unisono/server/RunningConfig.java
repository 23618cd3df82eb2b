package dev.unisono.server;

import dev.unisono.engine.EngineHost;
import dev.unisono.engine.config.ConfigDifference;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The config file that the server runs with, which it takes up again when asked to: as a whole or
 * not at all. One reload goes on at a time. Safe for threads.
 */
final class RunningConfig {
  /** Whoever writes the file is done where nothing was written for this long. */
  private static final long SETTLE_MILLIS = 250;

  private static final Duration LONGEST_WRITE = Duration.ofSeconds(5);

  private final Path file;
  private final Supplier<ConfigReader> reader;
  private final EngineHost engine;
  private final ReentrantLock lock = new ReentrantLock();

  /** What is in effect; guarded by the lock. */
  private ConfigReader.Outcome running;

  /**
   * @param reader makes a reader for one file
   * @param running what the engine was made by, which has a config
   */
  RunningConfig(
      Path file, Supplier<ConfigReader> reader, ConfigReader.Outcome running, EngineHost engine) {
    this.file = file.toAbsolutePath();
    this.reader = reader;
    this.running = running;
    this.engine = engine;
  }

  /** What a reload came to. */
  sealed interface Reloaded {
    /** It is in effect; nothing was done where no path is changed. */
    record InEffect(List<String> changed) implements Reloaded {}

    /** It has problems; what was in effect is. */
    record Refused(List<ConfigProblem> problems) implements Reloaded {}
  }

  Path file() {
    return file;
  }

  /**
   * Reads the file again and has the engine made anew where something has changed.
   *
   * @throws UnisonoException restart-needed where something has changed that is set at the start
   *     alone; others where no engine could be made for another reason than the config. What was in
   *     effect is
   */
  Reloaded reload() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      awaitWritten();
      ConfigReader.Outcome read = reader.get().read(file);
      var config = read.config();
      if (config == null) {
        return new Reloaded.Refused(read.problems());
      }
      ConfigDifference difference = ConfigDifference.between(running, read);
      if (!difference.atStartOnly().isEmpty()) {
        throw restartNeeded(difference.atStartOnly());
      }
      if (!difference.paths().isEmpty()) {
        try {
          engine.reload(config);
        } catch (UnisonoException failed) {
          if (failed.problem().type() != ProblemType.USER) {
            throw failed;
          }
          return new Reloaded.Refused(List.of(read.located(failed.problem())));
        }
        running = read;
      }
      return new Reloaded.InEffect(difference.paths());
    } finally {
      lock.unlock();
    }
  }

  /** The beginning of a file may be a config of its own: one that lacks what is not written yet. */
  private void awaitWritten() throws InterruptedException {
    long deadlineNanos = System.nanoTime() + LONGEST_WRITE.toNanos();
    byte[] before = content();
    while (true) {
      TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
      byte[] now = content();
      if (Arrays.equals(before, now)) {
        return;
      }
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new UnisonoException(
            new Problem(
                "config-being-written",
                ProblemType.TRANSIENT,
                "The config " + file + " is being written for more than 5 s.",
                null,
                "Reload when that is done."));
      }
      before = now;
    }
  }

  private byte[] content() {
    try {
      return Files.readAllBytes(file);
    } catch (IOException unreadable) {
      return new byte[0]; // Said by the reader, which reads it next.
    }
  }

  private static UnisonoException restartNeeded(List<String> paths) {
    return new UnisonoException(
        new Problem(
            "restart-needed",
            ProblemType.USER,
            String.join(" and ", paths)
                + (paths.size() == 1 ? " is" : " are")
                + " set when the server starts; nothing of the file was taken up.",
            paths.getFirst(),
            "Restart the server with it, or write what was there before."));
  }
}
