/**
 * The server: what it is made of, and how it starts and ends. The doors are in the packages below.
 */
@NullMarked
package dev.unisono.server;

import org.jspecify.annotations.NullMarked;
