package dev.unisono.engine.assess;

import dev.unisono.spi.Problem;

/**
 * Something that is worth to be known of a system or a table, and how much it weighs. Immutable.
 */
public record Finding(Severity severity, Problem problem) {
  /** How much a finding weighs. */
  public enum Severity {
    /** Nothing can be synced before it is mended. */
    BLOCKER,
    /** A sync would run, and go wrong for some rows or some day. */
    WARNING,
    /** Worth to be known, or cleaned on the way. */
    NOTE
  }

  public static Finding blocker(Problem problem) {
    return new Finding(Severity.BLOCKER, problem);
  }

  public static Finding warning(Problem problem) {
    return new Finding(Severity.WARNING, problem);
  }

  public static Finding note(Problem problem) {
    return new Finding(Severity.NOTE, problem);
  }

  public boolean blocks() {
    return severity == Severity.BLOCKER;
  }
}
