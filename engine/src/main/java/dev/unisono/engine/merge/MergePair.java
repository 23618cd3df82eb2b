package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.match.MatchScore;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Two records that may be one, and a person is asked or has said so. Immutable.
 *
 * @param id its number: the higher, the later it was found
 * @param one the older record
 * @param other the younger record
 * @param score how alike they are, or were when it was decided
 * @param ambiguous true where a row was like several records, each of them enough to be linked
 * @param recordedAt when it was found
 * @param decision what a person decided; null where it is open
 */
public record MergePair(
    long id,
    Entity entity,
    Side one,
    Side other,
    MatchScore score,
    boolean ambiguous,
    Instant recordedAt,
    @Nullable Decision decision) {
  public boolean open() {
    return decision == null;
  }

  /**
   * One of both as it is now. Immutable.
   *
   * @param number its number in the state
   * @param keys by system the key that the record has there
   * @param row the merged values, or the last there were; null where it was joined with another
   */
  public record Side(long number, Map<String, Key> keys, @Nullable Row row) {}

  /** What a person said. Immutable. */
  public record Decision(boolean same, Instant at, @Nullable String reason) {}

  /** What state a pair is in. */
  public enum State {
    OPEN,
    SAME,
    DIFFERENT
  }

  /**
   * Which of them are asked for. Immutable.
   *
   * @param entity of this one only; null for all
   * @param state in this one only; null for all
   * @param after those after this number
   */
  public record Filter(@Nullable Entity entity, @Nullable State state, long after, int limit) {}
}
