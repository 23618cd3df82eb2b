/** Files of comma-separated values as a system: the smallest complete connector, to learn from. */
@NullMarked
package dev.unisono.csv;

import org.jspecify.annotations.NullMarked;
