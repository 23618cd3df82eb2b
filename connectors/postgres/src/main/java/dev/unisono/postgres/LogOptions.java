package dev.unisono.postgres;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Settings;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How the log is asked for, as configured. Immutable.
 *
 * @param streaming whether the server may send a large transaction before it commits
 * @param spoolFolder where what it sends so early is kept
 * @param mostSpoolBytes how much of it, on disk
 * @param ownOnly whether what replication wrote into the server is left out
 * @param failover whether the slot is kept on standbys, too
 */
record LogOptions(
    boolean streaming, Path spoolFolder, long mostSpoolBytes, boolean ownOnly, boolean failover) {
  private static final int ORIGIN_VERSION = 16;
  private static final int FAILOVER_VERSION = 17;

  static LogOptions of(Settings settings, Path spoolFolder) {
    return new LogOptions(
        settings.text("streaming").equals("on"),
        spoolFolder,
        settings.number("spool"),
        settings.text("origin").equals("none"),
        settings.flag("failover"));
  }

  /** Refuses what a server of this version cannot do. */
  void checkVersion(String system, int majorVersion) {
    List<Problem> problems = tooNew(system, majorVersion);
    if (!problems.isEmpty()) {
      throw new UnisonoException(problems.getFirst());
    }
  }

  /** What is asked for, and a server of this version cannot do. */
  List<Problem> tooNew(String system, int majorVersion) {
    List<Problem> problems = new ArrayList<>();
    if (ownOnly && majorVersion < ORIGIN_VERSION) {
      problems.add(
          tooNew(system, "origin", "origin: none", ORIGIN_VERSION, majorVersion, "origin: any"));
    }
    if (failover && majorVersion < FAILOVER_VERSION) {
      problems.add(
          tooNew(
              system,
              "failover",
              "failover: true",
              FAILOVER_VERSION,
              majorVersion,
              "failover: false"));
    }
    return problems;
  }

  private static Problem tooNew(
      String system, String option, String wanted, int needed, int found, String otherwise) {
    return new Problem(
        "option-too-new",
        ProblemType.USER,
        wanted + " needs PostgreSQL " + needed + " or later; this is " + found + ".",
        "systems." + system + "." + option,
        "Use a later server, or " + otherwise + ".");
  }

  /** The newest protocol of {@code pgoutput} that a server knows. */
  static int protocol(int majorVersion) {
    return Math.clamp(majorVersion - 12, 1, 4);
  }
}
