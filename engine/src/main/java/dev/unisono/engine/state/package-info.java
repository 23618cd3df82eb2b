/** The durable state: one SQLite database, one writer, and what is kept in it. */
@NullMarked
package dev.unisono.engine.state;

import org.jspecify.annotations.NullMarked;
