/** Tests of the doors' parts that can be tested alone. */
@NullMarked
package dev.unisono.server;

import org.jspecify.annotations.NullMarked;
