package dev.unisono.engine;

import dev.unisono.engine.clean.Warnings;
import dev.unisono.engine.constraint.ConstraintChecks;
import dev.unisono.engine.merge.MergeStatus;
import dev.unisono.engine.state.KeptLetter.Counts;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SourceProgress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a running engine is doing, at one moment. Times are in seconds, amounts in bytes or entries;
 * -1 where unknown. Immutable.
 *
 * @param warnings rows that passed although a rule that only warns does not hold for them
 * @param known of which entities all records are known that others are compared with or refer to
 * @param problem why nothing is committed, or the records do not follow; null where all is well
 */
public record EngineStatus(
    long epoch,
    long journalHead,
    long journalOldest,
    long journalBytes,
    long recordsSequence,
    Counts deadLetters,
    List<Warnings.Count> warnings,
    @Nullable Problem problem,
    List<SourceStatus> sources,
    List<TargetStatus> targets,
    MergeStatus merges,
    List<ConstraintChecks.Known> known) {

  /** The same with a problem that there is beside. */
  EngineStatus with(Problem beside) {
    return new EngineStatus(
        epoch,
        journalHead,
        journalOldest,
        journalBytes,
        recordsSequence,
        deadLetters,
        warnings,
        beside,
        sources,
        targets,
        merges,
        known);
  }

  /** What a part is doing. */
  public enum State {
    STARTING,
    RUNNING,
    /** It is written, and what it missed is being made good by comparison. */
    RECONCILING,
    /** It failed in a way that can pass, and is tried again. */
    RETRYING,
    /** It failed for good; a person must act. */
    STOPPED
  }

  /**
   * One system that is read.
   *
   * @param changes how many changes were taken from it since the start
   * @param lagSeconds how long after its commit the last change became durable here
   */
  public record SourceStatus(
      String system,
      State state,
      @Nullable Problem problem,
      long changes,
      double lagSeconds,
      SourceProgress progress) {}

  /**
   * One system that is written.
   *
   * @param delivered how many entries were delivered since the start
   * @param sequence every lane has delivered up to here
   * @param lagEntries journal entries not yet delivered
   * @param lagSeconds the age of the oldest entry not yet delivered; 0 where there is none
   * @param waiting how many lanes wait for a row another one has to write
   * @param parked how many rows it refused that are set aside and tried again
   * @param rejected how many rows it refused that were given up
   */
  public record TargetStatus(
      String system,
      State state,
      @Nullable Problem problem,
      long delivered,
      long sequence,
      long lagEntries,
      double lagSeconds,
      int waiting,
      int parked,
      int rejected) {}
}
