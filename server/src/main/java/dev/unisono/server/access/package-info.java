/**
 * Who calls: keys and people, what they show of themselves, and what is kept of what they did. What
 * they may do follows from the engine's {@code access}.
 */
@NullMarked
package dev.unisono.server.access;

import org.jspecify.annotations.NullMarked;
