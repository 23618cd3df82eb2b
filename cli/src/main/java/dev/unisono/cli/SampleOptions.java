package dev.unisono.cli;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import picocli.CommandLine.Option;

/** The options that say how much is read of a table, and how gently. For one thread. */
final class SampleOptions {
  private static final int MOST_ROWS = 100_000;

  @Option(
      names = "--sample",
      paramLabel = "ROWS",
      description = "so many rows of a table are read at most, 100 to 100000; by default 10000")
  private int rows = 10_000;

  @Option(
      names = "--load",
      paramLabel = "PERCENT",
      description =
          "so much of the time a system is asked at most, 1%% to 100%%, else it is left alone; by"
              + " default 20%%")
  private String load = "20%";

  /**
   * Whether the options can be.
   *
   * @throws UnisonoException out-of-range
   */
  void check() {
    if (rows < 100 || rows > MOST_ROWS) {
      throw refused("--sample is " + rows + ".", "Choose a number from 100 to 100000.");
    }
    int percent = percent();
    if (percent < 1 || percent > 100) {
      throw refused("--load is " + load + ".", "Choose a share from 1% to 100%.");
    }
  }

  private static UnisonoException refused(String message, String remedy) {
    return new UnisonoException(
        new Problem("out-of-range", ProblemType.USER, message, null, remedy));
  }

  int rows() {
    return rows;
  }

  /** The share; 0 where it is none. */
  int percent() {
    String digits = load.endsWith("%") ? load.substring(0, load.length() - 1) : load;
    return digits.matches("[0-9]{1,3}") ? Integer.parseInt(digits) : 0;
  }
}
