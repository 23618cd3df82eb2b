package dev.unisono.engine.merge;

import dev.unisono.engine.EngineStatus.State;
import dev.unisono.spi.Problem;
import org.jspecify.annotations.Nullable;

/**
 * How writing to a member goes. Immutable.
 *
 * @param written how many changes were sent to it since the start, with those that it had already
 * @param refused how many it did not take for what they are
 * @param waiting how many are in line
 */
public record MemberStatus(
    String system,
    State state,
    @Nullable Problem problem,
    long written,
    long refused,
    int waiting) {}
