/** The whole of Unisono as its users see it: real databases, the server as a process, its doors. */
@NullMarked
package dev.unisono.systemtests;

import org.jspecify.annotations.NullMarked;
