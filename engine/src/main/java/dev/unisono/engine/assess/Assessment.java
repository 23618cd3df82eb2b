package dev.unisono.engine.assess;

import java.time.Instant;
import java.util.List;

/**
 * All that was found. Immutable.
 *
 * @param file the config whose systems were looked at, as it was named
 * @param at when it began
 * @param sample how many rows of a table were read at most
 * @param loadPercent which share of the time the systems were asked at most
 */
public record Assessment(
    String file, Instant at, int sample, int loadPercent, List<AssessedSystem> systems) {
  public Assessment {
    systems = List.copyOf(systems);
  }

  public long blockers() {
    return systems.stream().mapToLong(AssessedSystem::blockers).sum();
  }
}
