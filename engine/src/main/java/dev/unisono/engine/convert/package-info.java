/**
 * How members keep the values of fields in forms of their own: units, texts, codes. What is read is
 * converted before anything else sees it, what is written after everything else.
 */
@NullMarked
package dev.unisono.engine.convert;

import org.jspecify.annotations.NullMarked;
