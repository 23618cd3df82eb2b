package dev.unisono.engine.state;

import org.jspecify.annotations.Nullable;

/**
 * What was learned of one field of a sync's entity. Immutable.
 *
 * @param configured the column that holds the field by the config, or did when it was learned
 * @param followed the column that holds it now
 * @param schema the field's JSON Schema where it was learned, too; null where the config has it
 */
public record LearnedField(
    String sync, String field, String configured, String followed, @Nullable String schema) {}
