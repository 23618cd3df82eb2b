package dev.unisono.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A source's own account of where it stands. Immutable.
 *
 * @param phase what it is doing
 * @param lagBytes how much of the log it has still to read; -1 where unknown
 * @param retained what the system keeps of its log for us
 * @param repair why tables are read and compared again; null where none is for a reason of that
 *     kind
 * @param warning what people should know before it becomes a problem; null where there is nothing
 * @param waiting what it waits for, for people; null where it does not
 * @param tables the tables it reads, with their snapshots
 */
public record SourceProgress(
    Phase phase,
    long lagBytes,
    Retained retained,
    @Nullable Problem repair,
    @Nullable Problem warning,
    @Nullable String waiting,
    List<TableProgress> tables) {

  /** Nothing is known yet. */
  public static SourceProgress connecting(@Nullable String waiting) {
    return new SourceProgress(
        Phase.CONNECTING, -1, Retained.UNKNOWN, null, null, waiting, List.of());
  }

  /** What a source is doing. */
  public enum Phase {
    CONNECTING,
    SNAPSHOT,
    STREAMING
  }

  /**
   * What the system keeps of its log for us.
   *
   * @param bytes how much; -1 where unknown
   * @param safeBytes how much more can be written before the system gives us up; -1 where it never
   *     does or unknown
   * @param budgetBytes how much it may become before we let go; 0 where there is no such budget
   */
  public record Retained(long bytes, long safeBytes, long budgetBytes) {
    public static final Retained UNKNOWN = new Retained(-1, -1, 0);

    /** The part of the budget that is used; 0 without a budget. */
    public double budgetShare() {
      return budgetBytes <= 0 || bytes < 0 ? 0 : (double) bytes / budgetBytes;
    }
  }

  /** What is done with one table. */
  public enum TablePhase {
    /** It comes after other tables, or waits for transactions that began earlier. */
    WAITING,
    READING,
    /** All is read; what others hold is compared with what is there. */
    SWEEPING,
    PAUSED,
    DONE
  }

  /**
   * How far the snapshot of a table is.
   *
   * @param began the journal's sequence when the present or last snapshot of it began
   * @param cause why it is read: {@code first-load}, {@code command}, {@code refresh} or a
   *     problem's code
   * @param number counts the snapshots of it
   * @param rowsEstimated the system's own estimate of the table's rows; -1 where it has none
   * @param rowsPerSecond of the last chunks; 0 where none was read lately
   * @param keysChecked how many keys of others were compared since the snapshot began
   * @param rowsMissing how many of those the table does not have: deleted, or only counted after a
   *     first load that keeps them
   * @param waiting what the comparison waits for, for people; null where it does not
   * @param done true where everything has been read; a comparison may follow
   * @param differences what of its columns is not synced since they changed, for people
   */
  public record TableProgress(
      String sync,
      String table,
      TablePhase phase,
      String cause,
      long began,
      long number,
      long rowsRead,
      long rowsEstimated,
      double rowsPerSecond,
      long keysChecked,
      long rowsMissing,
      @Nullable String waiting,
      boolean done,
      List<String> differences) {

    /** A table whose columns are as they were. */
    public TableProgress(
        String sync,
        String table,
        TablePhase phase,
        String cause,
        long began,
        long number,
        long rowsRead,
        long rowsEstimated,
        double rowsPerSecond,
        long keysChecked,
        long rowsMissing,
        @Nullable String waiting,
        boolean done) {
      this(
          sync,
          table,
          phase,
          cause,
          began,
          number,
          rowsRead,
          rowsEstimated,
          rowsPerSecond,
          keysChecked,
          rowsMissing,
          waiting,
          done,
          List.of());
    }

    /** Whether only what differs is told: it brings nobody what they have lost. */
    public boolean refreshes() {
      return cause.equals("refresh");
    }

    /** How much is read, in percent of the estimate; -1 where there is none. */
    public int percent() {
      if (done) {
        return 100;
      }
      return rowsEstimated <= 0 ? -1 : (int) Math.min(99, rowsRead * 100 / rowsEstimated);
    }

    /** How long reading will take at the present speed; -1 where that cannot be told. */
    public long secondsLeft() {
      if (done) {
        return 0;
      }
      return rowsEstimated <= 0 || rowsPerSecond <= 0
          ? -1
          : Math.round(Math.max(0, rowsEstimated - rowsRead) / rowsPerSecond);
    }
  }
}
