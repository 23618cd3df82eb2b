package dev.unisono.engine.record;

import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record as the doors show it. Immutable.
 *
 * @param version the journal sequence of its last change: grows with every change of the record
 * @param row null where the record was deleted and that is still known
 * @param changed when its last change was committed in its source
 * @param ofToday false where the entity has had other fields when it was written: then its version
 *     alone does not say what it looks like
 */
public record EntityRecord(
    Key key, long version, @Nullable Row row, Instant changed, boolean ofToday) {}
