package dev.unisono.spi;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One journal entry on its way to a target. Immutable.
 *
 * <p>A CREATE with a previous key makes the row beside the one that has that key, which stays; what
 * is UNCHANGED in it is taken from there.
 *
 * @param sequence the entry's journal sequence
 * @param binding the target member's own binding
 * @param key the record's key; null only for TRUNCATE
 * @param previousKey the key before, where the change moved it; else null
 * @param row the row to be there afterwards; null for DELETE and TRUNCATE; may be partial, then
 *     only the fields it has are written
 * @param transaction the source's transaction; entries of one transaction stand side by side in a
 *     source's journal; 0 where unknown
 * @param sourceTime when the source committed it
 */
public record Delivery(
    long sequence,
    Binding binding,
    Operation operation,
    @Nullable Key key,
    @Nullable Key previousKey,
    @Nullable Row row,
    long transaction,
    Instant sourceTime) {}
