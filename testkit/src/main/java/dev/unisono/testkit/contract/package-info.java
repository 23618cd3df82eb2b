/**
 * What holds of every connector, as one suite that a connector's own test runs; and what runs a
 * source for a test.
 */
@NullMarked
package dev.unisono.testkit.contract;

import org.jspecify.annotations.NullMarked;
