@NullMarked
package dev.unisono.engine.access;

import org.jspecify.annotations.NullMarked;
