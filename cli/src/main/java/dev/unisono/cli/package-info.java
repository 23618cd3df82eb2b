/** Commands that need no server: check, schema, reference. */
@NullMarked
package dev.unisono.cli;

import org.jspecify.annotations.NullMarked;
