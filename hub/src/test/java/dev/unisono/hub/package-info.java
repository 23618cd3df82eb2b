/** Tests of the fan-out, with a feed in memory and connections that are not there. */
@NullMarked
package dev.unisono.hub;

import org.jspecify.annotations.NullMarked;
