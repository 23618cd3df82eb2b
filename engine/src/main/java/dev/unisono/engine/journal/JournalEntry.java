package dev.unisono.engine.journal;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import dev.unisono.spi.Operation;
import dev.unisono.spi.Position;
import dev.unisono.spi.Row;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of one change: one entry of the journal. Immutable; safe for threads.
 *
 * @param sequence its place in the journal; without holes in an epoch
 * @param key null only for TRUNCATE
 * @param previousKey where the change moved the key: the key before
 * @param row the clean row after the change; null for DELETE and TRUNCATE; partial where the source
 *     left fields unsent
 * @param before the whole row before, where the source told it
 * @param origin the system the change was made in
 * @param transaction the source's transaction number; 0 where unknown
 */
public record JournalEntry(
    long sequence,
    Entity entity,
    Operation operation,
    @Nullable Key key,
    @Nullable Key previousKey,
    @Nullable Row row,
    @Nullable Row before,
    Instant sourceTime,
    Position position,
    String origin,
    long transaction) {
  /** The same change with another row after it. */
  public JournalEntry with(@Nullable Row other) {
    return new JournalEntry(
        sequence,
        entity,
        operation,
        key,
        previousKey,
        other,
        before,
        sourceTime,
        position,
        origin,
        transaction);
  }
}
