/** The first pure stage between a source and the journal: values in their standard form. */
@NullMarked
package dev.unisono.engine.standardize;

import org.jspecify.annotations.NullMarked;
