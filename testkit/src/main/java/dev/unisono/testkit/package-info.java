/**
 * Real servers to test against, started from packages on the machine itself, and faults between
 * them.
 */
@NullMarked
package dev.unisono.testkit;

import org.jspecify.annotations.NullMarked;
