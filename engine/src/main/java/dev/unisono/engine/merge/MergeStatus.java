package dev.unisono.engine.merge;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.spi.Problem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How merging goes. Immutable.
 *
 * @param collecting entities whose members are still read for the first time, so that nobody is
 *     told anything
 * @param awaiting entities whose members have been read, and which wait for somebody to say that
 *     members may be told
 * @param conflicts how often since the start a field was written by two members, neither in
 *     knowledge of the other
 * @param open how many conflicts wait for a person, for each sync
 * @param members how writing to each goes
 */
public record MergeStatus(
    List<String> collecting,
    List<String> awaiting,
    long conflicts,
    List<OpenConflicts> open,
    List<MemberStatus> members) {

  /** How many conflicts of a sync wait for a person. Immutable. */
  public record OpenConflicts(String sync, String entity, long count) {}

  /**
   * How writing to one member goes. Immutable.
   *
   * @param written how many changes were sent to it since the start, with those that it had by then
   * @param refused how many it did not take for what they are
   * @param waiting how many are in line
   */
  public record MemberStatus(
      String system,
      State state,
      @Nullable Problem problem,
      long written,
      long refused,
      int waiting) {}
}
