package dev.unisono.mariadb;

import java.util.List;

/** What takes its place between two transactions of the log. Immutable. */
sealed interface Mark
    permits SnapshotTable.Chunk, Sweep.Portion, Mark.Turn, Mark.Look, Mark.Statement {
  /** What a turn does to its tables. */
  enum Kind {
    PAUSE,
    RESUME,
    /** The snapshot begins anew, and a comparison will follow it. */
    REPEAT
  }

  /**
   * Something changes for some tables from here on.
   *
   * @param cause why, for a repeat
   * @param sequence the journal's sequence of that moment
   */
  record Turn(Kind kind, List<SnapshotTable> tables, String cause, long sequence) implements Mark {}

  /** Every later chunk will stand here or beyond, so that what lies before can be forgotten. */
  record Look(LogPlace place) implements Mark {}

  /** What begins at one place of the log is a statement that ends at another. */
  record Statement(LogPlace begin, LogPlace end) implements Mark {}
}
