package dev.unisono.engine.deliver;

import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether one more row of a target is parked, or whether so many are refused for one cause
 * that the target must stop, because not the rows are wrong. Safe for threads.
 */
final class ParkingPolicy {
  /** The share is taken of so many deliveries, or of as many as there were. */
  private static final int LAST_DELIVERIES = 1_000;

  /** Fewer than this are no share of anything. */
  private static final int LEAST_REFUSALS = 20;

  /** One reason for which rows of one entity are refused. */
  record Cause(String entity, String code, String constraint) {}

  private final String system;
  private final Map<String, RefusalRules> rules;
  private final AtomicLong deliveries = new AtomicLong();

  /** For each cause, the numbers of the deliveries that it has refused lately. */
  private final Map<Cause, ArrayDeque<Long>> refusals = new HashMap<>();

  /**
   * @param rules by the entity's name
   */
  ParkingPolicy(String system, Map<String, RefusalRules> rules) {
    this.system = system;
    this.rules = Map.copyOf(rules);
  }

  boolean parks(String entity) {
    return rules(entity).parks();
  }

  private RefusalRules rules(String entity) {
    return rules.getOrDefault(entity, RefusalRules.standard());
  }

  void delivered(int number) {
    deliveries.addAndGet(number);
  }

  /**
   * Takes note of a refusal.
   *
   * @param parkedAlready how many other rows are parked for this cause
   * @return why the target must stop rather than park; null where it may park
   */
  synchronized @Nullable Problem refused(Cause cause, int parkedAlready, Problem last) {
    long number = deliveries.incrementAndGet();
    ArrayDeque<Long> lately = refusals.computeIfAbsent(cause, any -> new ArrayDeque<>());
    lately.addLast(number);
    while (lately.getFirst() <= number - LAST_DELIVERIES) {
      lately.removeFirst();
    }
    RefusalRules rule = rules(cause.entity());
    long among = Math.min(number, LAST_DELIVERIES);
    boolean share =
        lately.size() >= LEAST_REFUSALS && lately.size() * 100L > among * rule.sharePercent();
    if (parkedAlready < rule.limit() && !share) {
      return null;
    }
    // The next run counts anew: what has been corrected meanwhile must not be held against it.
    refusals.clear();
    String why =
        share
            ? lately.size() + " of the last " + among + " deliveries"
            : parkedAlready + " rows are parked, which is the limit";
    return new Problem(
        "mass-refusal",
        ProblemType.USER,
        system
            + " refuses "
            + cause.entity()
            + " for one cause ("
            + cause.constraint()
            + "): "
            + why
            + ". The last: "
            + last.message(),
        last.configPath(),
        "Correct the cause and restart; delivery goes on where it stopped. Where so many refusals"
            + " are in order, raise park-limit or park-share.");
  }
}
