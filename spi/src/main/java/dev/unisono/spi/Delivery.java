package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * One journal entry on its way to a target. Immutable.
 *
 * @param sequence the entry's journal sequence
 * @param binding the target member's own binding
 * @param key the record's key; null only for TRUNCATE
 * @param previousKey the key before, where the change moved it; else null
 * @param row the row to be there afterwards; null for DELETE and TRUNCATE; may be partial, then
 *     only the fields it has are written
 * @param transaction the source's transaction; entries of one transaction stand side by side in a
 *     source's journal; 0 where unknown
 */
public record Delivery(
    long sequence,
    Binding binding,
    Operation operation,
    @Nullable Key key,
    @Nullable Key previousKey,
    @Nullable Row row,
    long transaction) {}
