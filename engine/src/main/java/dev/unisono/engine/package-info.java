/**
 * The engine: takes changes from sources, makes them clean, keeps them in the journal and delivers
 * them to targets. Knows no protocol, no framework and no connector by name (invariant 9).
 */
@NullMarked
package dev.unisono.engine;

import org.jspecify.annotations.NullMarked;
