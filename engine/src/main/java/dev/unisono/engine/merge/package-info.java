/**
 * Several members that all write one entity: what each last showed, what the merged record is, and
 * what each is still to be told.
 */
@NullMarked
package dev.unisono.engine.merge;

import org.jspecify.annotations.NullMarked;
