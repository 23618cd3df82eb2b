/**
 * What a connector author sees: rows, changes and the two parts a connector can play, {@link
 * dev.unisono.spi.Source} and {@link dev.unisono.spi.Target}.
 */
@NullMarked
package dev.unisono.spi;

import org.jspecify.annotations.NullMarked;
