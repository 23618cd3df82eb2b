/**
 * The fan-out: events of one feed to many connections, each encoded once for all that want the
 * same. Knows Netty's buffers and nothing of Unisono.
 */
@NullMarked
package dev.unisono.hub;

import org.jspecify.annotations.NullMarked;
