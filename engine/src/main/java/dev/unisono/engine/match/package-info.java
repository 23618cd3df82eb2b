/**
 * How alike two records are: texts as they are compared, blocks in which records are looked for,
 * and scores that say how they came about. Pure functions of rows.
 */
@NullMarked
package dev.unisono.engine.match;

import org.jspecify.annotations.NullMarked;
