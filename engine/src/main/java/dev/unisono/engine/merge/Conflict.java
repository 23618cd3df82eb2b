package dev.unisono.engine.merge;

import org.jspecify.annotations.Nullable;

/**
 * Two members wrote a field of a record, neither in knowledge of the other. Immutable.
 *
 * @param field the field's position; -1 where it is the record's existence
 * @param base the value that the later one to arrive was made on, in its member
 * @param winner the value that stays, and by which version
 */
record Conflict(
    int field,
    @Nullable Object base,
    @Nullable Object winner,
    Stamp winning,
    @Nullable Object loser,
    Stamp losing) {}
