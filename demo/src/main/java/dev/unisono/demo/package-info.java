/**
 * The demo: three real databases, a server between them, and a little traffic, from one command.
 */
@NullMarked
package dev.unisono.demo;

import org.jspecify.annotations.NullMarked;
