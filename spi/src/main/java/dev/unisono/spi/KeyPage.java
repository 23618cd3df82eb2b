package dev.unisono.spi;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Some of the keys that a target's table holds. Immutable.
 *
 * @param next what to ask with for those that follow; opaque; null where there are no more
 */
public record KeyPage(List<Key> keys, @Nullable String next) {}
