/**
 * Changes as events for clients, whatever the door: what they tell, what of them somebody sees,
 * where who follows them stands, and the ways out to connections.
 */
@NullMarked
package dev.unisono.server.feed;

import org.jspecify.annotations.NullMarked;
