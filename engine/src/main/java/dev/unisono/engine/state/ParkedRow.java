package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row that a target refused, set aside so that everything else goes on (invariant 8): what should
 * be there under its key, and why it is not. Always the newest known image of that key, so that
 * writing it never takes the target back (invariant 3). Immutable.
 *
 * @param id its number in the state; 0 until it has one
 * @param sequence the journal sequence of the last change that is in it
 * @param operation DELETE where no row should be there
 * @param row the row as it should be; null for DELETE; partial where the rest of it is in the
 *     target
 * @param sourceTime when the source committed that change
 * @param parkedAt when it was set aside last
 * @param attempts how often it was tried
 * @param waits true where other rows stand against it, so that it may succeed when those change
 * @param cause what the target said the last time
 * @param constraint what stands against it, named the same for every row that it stands against
 * @param rejected why a person has given this value up; null where it is still to be delivered
 */
public record ParkedRow(
    long id,
    Entity entity,
    Key key,
    long sequence,
    Operation operation,
    @Nullable Row row,
    Instant sourceTime,
    Instant parkedAt,
    int attempts,
    boolean waits,
    Problem cause,
    String constraint,
    @Nullable String rejected) {

  /** The same with its number in the state. */
  public ParkedRow numbered(long number) {
    return new ParkedRow(
        number,
        entity,
        key,
        sequence,
        operation,
        row,
        sourceTime,
        parkedAt,
        attempts,
        waits,
        cause,
        constraint,
        rejected);
  }

  /** The same without its image, for those who only look for it. */
  public ParkedRow withoutRow() {
    return withRow(null);
  }

  private ParkedRow withRow(@Nullable Row other) {
    return new ParkedRow(
        id,
        entity,
        key,
        sequence,
        operation,
        other,
        sourceTime,
        parkedAt,
        attempts,
        waits,
        cause,
        constraint,
        rejected);
  }

  /** The same after another attempt that came to nothing. */
  public ParkedRow tried(Instant now, boolean mayWait, Problem why, String by) {
    return new ParkedRow(
        id,
        entity,
        key,
        sequence,
        operation,
        row,
        sourceTime,
        now,
        attempts + 1,
        mayWait,
        why,
        by,
        rejected);
  }

  /** The same, given up by a person. */
  public ParkedRow rejectedBecause(String reason) {
    return new ParkedRow(
        id,
        entity,
        key,
        sequence,
        operation,
        row,
        sourceTime,
        parkedAt,
        attempts,
        waits,
        cause,
        constraint,
        reason);
  }
}
