/** The ordered, durable record of what became of every change. */
@NullMarked
package dev.unisono.engine.journal;

import org.jspecify.annotations.NullMarked;
