package dev.unisono.engine.state;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Change;
import dev.unisono.spi.Problem;
import java.time.Instant;

/**
 * A change that was refused, with its cause: kept with the batch it came in, so that nothing
 * refused disappears (invariant 8). Immutable.
 */
public record DeadLetter(Instant time, Entity entity, Change change, Problem cause) {}
