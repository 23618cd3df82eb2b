/** Runs the sources: hands their batches to the writer, tries again after what can pass. */
@NullMarked
package dev.unisono.engine.source;

import org.jspecify.annotations.NullMarked;
