/**
 * What makes good by comparison what was missed: who keeps which keys, and targets to be repaired.
 */
@NullMarked
package dev.unisono.engine.repair;

import org.jspecify.annotations.NullMarked;
