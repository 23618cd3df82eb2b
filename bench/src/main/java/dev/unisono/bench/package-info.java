/** End-to-end measurements of Unisono beside its peers, interleaved, on one machine. */
@NullMarked
package dev.unisono.bench;

import org.jspecify.annotations.NullMarked;
