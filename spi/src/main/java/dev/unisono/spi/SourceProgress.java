package dev.unisono.spi;

import java.util.List;

/**
 * A source's own account of where it stands. Immutable.
 *
 * @param phase what it is doing
 * @param lagBytes how much of the log it has still to read; -1 where unknown
 * @param retainedBytes how much of its log the system keeps for us; -1 where unknown
 * @param tables the tables whose snapshot is running or done
 */
public record SourceProgress(
    Phase phase, long lagBytes, long retainedBytes, List<TableProgress> tables) {

  /** What a source is doing. */
  public enum Phase {
    CONNECTING,
    SNAPSHOT,
    STREAMING
  }

  /**
   * How far the snapshot of a table is.
   *
   * @param rowsEstimated the system's own estimate of the table's rows; -1 where it has none
   */
  public record TableProgress(String table, long rowsRead, long rowsEstimated, boolean done) {}
}
