/** Runs random inputs, led by what they reach, through every parser of what comes from outside. */
@NullMarked
package dev.unisono.fuzz;

import org.jspecify.annotations.NullMarked;
