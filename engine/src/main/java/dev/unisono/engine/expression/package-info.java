/** Expressions of the config, in CEL: compiled and type-checked when the config is read. */
@NullMarked
package dev.unisono.engine.expression;

import org.jspecify.annotations.NullMarked;
