package dev.unisono.engine.merge;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.time.Duration;
import java.util.Collections;
import java.util.Comparator;
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
 * @param matches how many pairs of records may be one and wait for a person, for each sync with
 *     fuzzy rules
 * @param members how writing to each goes
 * @param clocks what the members' clocks said last, of those that have one
 */
public record MergeStatus(
    List<String> collecting,
    List<String> awaiting,
    long conflicts,
    List<OpenConflicts> open,
    List<OpenMatches> matches,
    List<MemberStatus> members,
    List<MemberClock> clocks) {

  /** Two clocks that are further apart are told of. */
  static final Duration APART = Duration.ofMinutes(1);

  /** What is wrong with the members' clocks; null where nothing is. */
  public @Nullable Problem clocksApart() {
    Duration apart = clocksApartBy();
    if (apart.compareTo(APART) < 0) {
      return null;
    }
    MemberClock behind = Collections.min(clocks, Comparator.comparing(MemberClock::ahead));
    MemberClock ahead = Collections.max(clocks, Comparator.comparing(MemberClock::ahead));
    return new Problem(
        "clocks-apart",
        ProblemType.EXTERNAL,
        "The clock of "
            + ahead.system()
            + " is "
            + apart.toSeconds()
            + " s ahead of that of "
            + behind.system()
            + ": where the newest edit wins, those of "
            + ahead.system()
            + " win for so long.",
        "systems." + ahead.system(),
        "Set both by a time server (NTP).");
  }

  /** How far the two clocks are apart that are furthest apart. */
  public Duration clocksApartBy() {
    return clocks.isEmpty()
        ? Duration.ZERO
        : Collections.max(clocks, Comparator.comparing(MemberClock::ahead))
            .ahead()
            .minus(Collections.min(clocks, Comparator.comparing(MemberClock::ahead)).ahead());
  }

  /**
   * A member's clock. Immutable.
   *
   * @param ahead of our own; negative where it is behind
   */
  public record MemberClock(String system, Duration ahead) {}

  /** How many conflicts of a sync wait for a person. Immutable. */
  public record OpenConflicts(String sync, String entity, long count) {}

  /**
   * Records of a sync that may be one. Immutable.
   *
   * @param count how many pairs wait for a person
   * @param crowdedBlocks how often since the start a row was compared with a part of a block alone
   */
  public record OpenMatches(String sync, String entity, long count, long crowdedBlocks) {}

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
