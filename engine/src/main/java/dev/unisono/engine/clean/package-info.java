/** The pure stages between a source and the journal: standardize, then validate. */
@NullMarked
package dev.unisono.engine.clean;

import org.jspecify.annotations.NullMarked;
