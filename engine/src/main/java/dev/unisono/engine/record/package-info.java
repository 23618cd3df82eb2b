/** The read model: each entity's records as a projection of the journal. */
@NullMarked
package dev.unisono.engine.record;

import org.jspecify.annotations.NullMarked;
