/** PostgreSQL as a source (its log, by {@code pgoutput}), as a target and as an owner. */
@NullMarked
package dev.unisono.postgres;

import org.jspecify.annotations.NullMarked;
