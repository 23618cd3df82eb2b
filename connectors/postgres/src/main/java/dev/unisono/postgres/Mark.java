package dev.unisono.postgres;

import java.util.List;

/**
 * What takes its place in the log's order at a message of ours: everything committed before it has
 * been handed over then. Immutable.
 */
sealed interface Mark
    permits SnapshotTable.Chunk, Sweep.Portion, Mark.Turn, Mark.Look, Mark.Columns {
  /** What a turn does to its tables. */
  enum Kind {
    PAUSE,
    RESUME,
    /** The snapshot begins anew, and a comparison will follow it. */
    REPEAT,
    /** From here on it is remembered what transactions touch. */
    ARM,
    /** It is no longer remembered. */
    DISARM
  }

  /**
   * Something changes for some tables from here on.
   *
   * @param cause why, for a repeat
   * @param sequence the journal's sequence of that moment
   */
  record Turn(Kind kind, List<SnapshotTable> tables, String cause, long sequence) implements Mark {}

  /** What every later chunk will see, so that it can be forgotten. */
  record Look(VisibilitySnapshot snapshot) implements Mark {}

  /** The catalog describes some table otherwise than before. */
  record Columns(SchemaWatch.Sight seen) implements Mark {}
}
