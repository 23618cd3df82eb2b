/** How much callers may ask for: what is counted for whom, where, and what becomes of the rest. */
@NullMarked
package dev.unisono.server.limit;

import org.jspecify.annotations.NullMarked;
