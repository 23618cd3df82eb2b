/**
 * What callers can do with records, whatever the door: how it is asked for, by whom, and what is
 * refused.
 */
@NullMarked
package dev.unisono.server.operation;

import org.jspecify.annotations.NullMarked;
