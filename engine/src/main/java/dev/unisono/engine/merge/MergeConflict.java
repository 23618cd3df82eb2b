package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A conflict as it is kept in the inbox: two members wrote a field of a record, neither in
 * knowledge of the other. Immutable.
 *
 * @param id its number: the higher, the later it was first seen
 * @param record the key that the record has in the state
 * @param key the key by which others know it
 * @param field the field; null where one side deleted the record that the other edited
 * @param base what the later one to arrive was made on, in its member; null where that had nothing
 * @param kept the side that the record had by the rule; the newer one where it had neither's value
 * @param result what it had, or was given by a person, where that is neither's value; else null
 * @param rule what decided, by its name in the config; manual and ask: a person is to
 * @param firstLoad true where both were there before anything was merged
 * @param recordedAt when it was last seen
 * @param decision what a person decided; null where none has
 * @param open true where a person is to decide
 */
public record MergeConflict(
    long id,
    Entity entity,
    Key record,
    Key key,
    @Nullable String field,
    @Nullable Row base,
    Side kept,
    Side other,
    @Nullable Row result,
    String rule,
    boolean firstLoad,
    Instant recordedAt,
    @Nullable Decision decision,
    boolean open) {
  /** Who wrote what no member did: Unisono itself, by a rule or for a person. */
  public static final String HERE = "unisono";

  /**
   * One of the two sides. Immutable.
   *
   * @param writtenAt when it was written there; null where it was there before the first load
   * @param row what it wrote: of a field that alone, else the whole; null where it deleted
   */
  public record Side(String member, @Nullable Instant writtenAt, @Nullable Row row) {}

  /**
   * What a person decided. Immutable.
   *
   * @param pick the member whose side it is; null where it is another value
   */
  public record Decision(Instant at, @Nullable String pick) {}

  /** What a person asks for. */
  public sealed interface Choice {
    /** The side of a member. */
    record Pick(String member) implements Choice {}

    /** A value, in a row with that field alone. */
    record Edit(Row row) implements Choice {}
  }

  /**
   * Which of them are asked for. Immutable.
   *
   * @param entity of this one only; null for all
   * @param key of this record only; null for all
   * @param open true for those that wait for a person, false for those that are decided; null for
   *     both
   * @param after those after this number
   */
  public record Filter(
      @Nullable Entity entity, @Nullable Key key, @Nullable Boolean open, long after, int limit) {}
}
