/** Changes by server-sent events and by WebSocket. */
@NullMarked
package dev.unisono.server.stream;

import org.jspecify.annotations.NullMarked;
