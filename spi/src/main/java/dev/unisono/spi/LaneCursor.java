package dev.unisono.spi;

/**
 * How far a lane has delivered: everything of its shard up to and including this sequence of this
 * epoch. Immutable.
 */
public record LaneCursor(long epoch, long sequence) {}
