package dev.unisono.jdbc;

import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The settings of a database that is read by triggers. Has no state. */
final class ReadOptions {
  private static final long LEAST_BATCH_BYTES = 1L << 10;
  private static final long MOST_BATCH_BYTES = 64L << 20;

  /** How much of a table's snapshot is read at once. */
  static final Option SNAPSHOT_CHUNK =
      Option.optional(
          "snapshot-chunk",
          Option.Type.INTEGER,
          "5000",
          "Of a source: rows read at once while a table's snapshot is taken, 100 to 100000.");

  /** How fast snapshots may be. */
  static final Option SNAPSHOT_RATE =
      Option.optional(
          "snapshot-rate",
          Option.Type.INTEGER,
          null,
          "Of a source: rows a second that snapshots and comparisons may read at most, 10 to"
              + " 10000000; without it as many as can be.");

  private ReadOptions() {}

  /**
   * All of them.
   *
   * @param poll how often is looked if nothing else is said
   */
  static List<Option> all(String poll) {
    return List.of(
        Option.optional(
            "poll",
            Option.Type.DURATION,
            poll,
            "Of a source: how long after a look at the log that found nothing the next one comes, 1ms"
                + " to 10s."),
        SNAPSHOT_CHUNK,
        SNAPSHOT_RATE,
        Option.optional(
            "read-batch",
            Option.Type.INTEGER,
            "1000",
            "Of a source: entries of the log that are read at once at most, 1 to 100000."),
        Option.optional(
            "read-batch-bytes",
            Option.Type.BYTES,
            "1MiB",
            "Of a source: no more entries are read at once beyond so many bytes of memory, 1KiB to"
                + " 64MiB."),
        Option.optional(
                "on-log-loss",
                Option.Type.TEXT,
                "repair",
                "Of a source: when the log is another one, or lacks what was not read: repair reads"
                    + " every table again and compares what others hold; stop stops the source.")
            .oneOf("repair", "stop"));
  }

  static List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    Duration poll = settings.duration("poll");
    if (poll.toMillis() < 1 || poll.toSeconds() > 10) {
      add(problems, "poll is not from 1ms to 10s.", "poll", "Choose a length such as 20ms.");
    }
    range(problems, settings, "snapshot-chunk", 100, 100_000);
    range(problems, settings, "snapshot-rate", 10, 10_000_000);
    range(problems, settings, "read-batch", 1, 100_000);
    long bytes = settings.number("read-batch-bytes");
    if (bytes < LEAST_BATCH_BYTES || bytes > MOST_BATCH_BYTES) {
      add(
          problems,
          "read-batch-bytes is not from 1KiB to 64MiB.",
          "read-batch-bytes",
          "Choose one such as 1MiB.");
    }
    return problems;
  }

  static void range(
      List<Problem> problems, Settings settings, String option, long least, long most) {
    settings
        .optionalNumber(option)
        .filter(value -> value < least || value > most)
        .ifPresent(value ->
            add(
                problems,
                option + " is " + value + ".",
                option,
                "Choose a number from " + least + " to " + most + "."));
  }

  static void add(List<Problem> problems, String message, String option, String remedy) {
    problems.add(new Problem("out-of-range", ProblemType.USER, message, option, remedy));
  }
}
