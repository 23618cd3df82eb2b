package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Change;
import dev.unisono.spi.Row;
import org.jspecify.annotations.Nullable;

/**
 * A change that passed standardize and validate, ready for the journal. Immutable.
 *
 * @param row the clean row; null for DELETE and TRUNCATE
 * @param before the row before with the same steps applied, where it is known
 */
public record CleanChange(Entity entity, Change change, @Nullable Row row, @Nullable Row before) {}
