package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * What a source whose sync evolves has found out about a column of its table: a new one becomes a
 * field, a renamed one is followed. Immutable.
 *
 * @param sync the sync by whose table it was found
 * @param field the entity's field: a new one, or one that is there
 * @param previous the column that held it until now; null for a new field
 * @param column the column that holds it from now on
 * @param schema the new field's JSON Schema as the config would have it, such as {@code { type:
 *     integer }}; null where the field is there already
 */
public record LearnedColumn(
    String sync, String field, @Nullable String previous, String column, @Nullable String schema) {}
