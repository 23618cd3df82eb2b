package dev.unisono.cli;

import java.io.Console;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * How far something is that goes through tables: a bar with the time left where somebody looks,
 * else a line for each table. For one thread.
 */
final class Progress {
  private static final int WIDTH = 24;
  private static final int LONGEST = 100;

  private final PrintStream out;
  private final boolean bar;
  private final LongSupplier clock;
  private final long began;
  private int all;
  private int done;

  /**
   * @param bar true where one line is written again and again
   * @param clock nanoseconds from any beginning
   */
  Progress(PrintStream out, boolean bar, LongSupplier clock) {
    this.out = out;
    this.bar = bar;
    this.clock = clock;
    this.began = clock.getAsLong();
  }

  /** On the standard error, as a bar where that is a terminal. */
  static Progress onScreen() {
    boolean terminal =
        Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    return new Progress(System.err, terminal, System::nanoTime);
  }

  void expect(int tables) {
    all += tables;
  }

  /** A table is begun. */
  void at(String system, String table) {
    String text = system + " " + table + left();
    if (bar) {
      int full = all == 0 ? 0 : WIDTH * done / all;
      String line =
          "["
              + "#".repeat(full)
              + " ".repeat(WIDTH - full)
              + "] "
              + done
              + " of "
              + all
              + "  "
              + text;
      out.print("\r" + padded(line));
      out.flush();
    } else {
      out.println((done + 1) + " of " + all + ": " + text);
    }
  }

  private static String padded(String line) {
    String cut = line.length() > LONGEST ? line.substring(0, LONGEST - 1) + "…" : line;
    return cut + " ".repeat(LONGEST - cut.length());
  }

  private String left() {
    if (done == 0) {
      return "";
    }
    double seconds = (clock.getAsLong() - began) / 1e9 / done * (all - done);
    return ", " + Words.about(seconds) + " left";
  }

  void tableDone() {
    done++;
  }

  /** All is done: the bar goes. */
  void end() {
    if (bar) {
      out.print("\r" + " ".repeat(LONGEST) + "\r");
      out.flush();
    }
  }
}
