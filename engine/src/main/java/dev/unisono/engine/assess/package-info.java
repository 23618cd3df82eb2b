/**
 * What the rows of a table are like, told from a sample, and what a config should say of them.
 * Works on rows that it is given and asks nobody.
 */
@NullMarked
package dev.unisono.engine.assess;

import org.jspecify.annotations.NullMarked;
