package dev.unisono.csv;

import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The connector {@code csv}: a folder with one file for each table. Has no state; safe for threads.
 */
public final class CsvConnector implements Connector {
  static final String KIND = "csv";

  private static final long MOST_ROWS = 100_000;

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String description() {
    return "A folder of CSV files, one for each table: read whole whenever one has changed, and"
        + " written by replacing it. The smallest connector, to write others by.";
  }

  @Override
  public List<Option> options() {
    return List.of(
        Option.required(
            "folder",
            Option.Type.TEXT,
            "The folder with the files. It must be there; the table item is the file item.csv."),
        Option.optional(
            "poll",
            Option.Type.DURATION,
            "1s",
            "Of a source: how often it is looked whether a file has changed, 20ms to 1h. A file is"
                + " read once two looks in a row have found it the same."),
        Option.optional(
            "read-batch",
            Option.Type.INTEGER,
            "1000",
            "Of a source: rows that are handed over at once at most, 1 to 100000."));
  }

  @Override
  public List<Problem> validate(Settings settings) {
    List<Problem> problems = new ArrayList<>();
    if (settings.text("folder").isBlank()) {
      problems.add(
          new Problem(
              "out-of-range",
              ProblemType.USER,
              "folder is empty.",
              "folder",
              "Name the folder with the files, such as /var/lib/exchange."));
    }
    Duration poll = settings.duration("poll");
    if (poll.toMillis() < 20 || poll.toMinutes() > 60) {
      problems.add(
          new Problem(
              "out-of-range",
              ProblemType.USER,
              "poll is not from 20ms to 1h.",
              "poll",
              "Choose a length such as 1s."));
    }
    long rows = settings.number("read-batch");
    if (rows < 1 || rows > MOST_ROWS) {
      problems.add(
          new Problem(
              "out-of-range",
              ProblemType.USER,
              "read-batch is " + rows + ".",
              "read-batch",
              "Choose a number from 1 to " + MOST_ROWS + "."));
    }
    return problems;
  }

  /** A file that has changed does not say where. */
  @Override
  public boolean tellsAgain() {
    return true;
  }

  @Override
  public ConnectedSystem connect(SystemContext context) {
    return new CsvSystem(
        context, new CsvFolder(context.name(), Path.of(context.settings().text("folder"))));
  }
}
