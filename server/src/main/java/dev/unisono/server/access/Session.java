package dev.unisono.server.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A browser that was signed in, as those see it who may end it. Immutable.
 *
 * @param id names it; nobody is let in by that
 * @param caller as whom it was signed in
 * @param ends at the latest
 * @param seen when it was used last
 * @param address from which it was signed in; null where that is not known
 */
public record Session(
    String id,
    String caller,
    Instant created,
    Instant ends,
    Instant seen,
    @Nullable String address) {}
