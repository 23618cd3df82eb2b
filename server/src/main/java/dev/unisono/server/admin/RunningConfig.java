package dev.unisono.server.admin;

import dev.unisono.engine.EngineHost;
import dev.unisono.engine.config.ConfigDifference;
import dev.unisono.engine.config.ConfigProblem;
import dev.unisono.engine.config.ConfigReader;
import dev.unisono.engine.config.YamlEdit;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The config file that the server runs with, which it takes up again when asked to: as a whole or
 * not at all. One reload goes on at a time. Safe for threads.
 */
public final class RunningConfig {
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
  public RunningConfig(
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
   * Sets one value in the file, every other character of which stays as it is, and takes the file
   * up. Where that is refused the file is as before.
   *
   * @param path the keys from the root on
   * @throws UnisonoException file-unfit, file-unreadable, file-unwritable; or as reload
   */
  Reloaded set(List<String> path, String value) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      awaitWritten();
      ConfigReader.Outcome found = reader.get().read(file);
      if (found.config() == null) {
        return new Reloaded.Refused(found.problems());
      }
      String before = read();
      String after = YamlEdit.set(before, path, value).orElseThrow(() -> unfit(path, value));
      write(after, path, value);
      boolean taken = false;
      try {
        Reloaded reloaded = reload();
        taken = reloaded instanceof Reloaded.InEffect;
        return reloaded;
      } finally {
        if (!taken) {
          write(before, path, value);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private String read() {
    try {
      return Files.readString(file);
    } catch (IOException failed) {
      throw refusal(
          "file-unreadable", file + " cannot be read.", "Put the config back where it was.");
    }
  }

  /** All of it or nothing: nobody shall ever read a part of it. */
  private void write(String text, List<String> path, String value) {
    try {
      Path real = file.toRealPath();
      Path folder = Objects.requireNonNull(real.getParent());
      Path written = Files.createTempFile(folder, ".unisono-", ".yaml");
      try {
        Files.writeString(written, text);
        if (Files.getFileStore(real).supportsFileAttributeView(PosixFileAttributeView.class)) {
          Files.setPosixFilePermissions(written, Files.getPosixFilePermissions(real));
        }
        Files.move(written, real, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(written);
      }
    } catch (IOException failed) {
      throw refusal(
          "file-unwritable",
          file + " cannot be written by the server: " + failed.getMessage() + ".",
          "Let its user write to the file and its folder, or write there by hand: "
              + String.join(".", path)
              + ": "
              + value
              + ". Then reload.");
    }
  }

  private UnisonoException unfit(List<String> path, String value) {
    return refusal(
        "file-unfit",
        String.join(".", path) + " cannot be set in " + file + " safely.",
        "Write it there by hand: " + value + ". Then ./unisono reload " + file + ".");
  }

  private static UnisonoException refusal(String code, String message, String remedy) {
    return new UnisonoException(new Problem(code, ProblemType.USER, message, null, remedy));
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
          if (difference.ofDoorsAlone()) {
            engine.adopt(config);
          } else {
            engine.reload(config);
          }
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
