package dev.unisono.engine.merge;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Projection;

/**
 * One of the systems that write an entity. Immutable; safe for threads.
 *
 * @param number its place in the plan, and in each record's views
 * @param rank decides where times are equal or unknown; unique, the highest first
 * @param written true where it is told what the others write
 * @param projection what becomes of values there
 */
record MergeMember(
    int number, String system, Binding binding, int rank, boolean written, Projection projection) {
  /**
   * Asks the system what becomes of values there, where that was not given.
   *
   * @throws dev.unisono.spi.UnisonoException where it cannot be asked now
   */
  void learn(ConnectedSystem connected) {
    if (projection instanceof LearnedProjection learned) {
      learned.learn(connected.projection(binding));
    }
  }

  /** True once it is known what becomes of values there. */
  boolean known() {
    return !(projection instanceof LearnedProjection learned) || learned.known();
  }

  boolean has(int field) {
    return binding.column(field) != null;
  }
}
