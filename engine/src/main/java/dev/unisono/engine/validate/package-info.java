/** The second pure stage between a source and the journal: what is wrong with a row. */
@NullMarked
package dev.unisono.engine.validate;

import org.jspecify.annotations.NullMarked;
