/** Delivers the journal to the targets: lanes by key, cursors in the target. */
@NullMarked
package dev.unisono.engine.deliver;

import org.jspecify.annotations.NullMarked;
