package dev.unisono.engine.merge;

import dev.unisono.engine.standardize.Standardizer;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.Projection;
import dev.unisono.spi.Row;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One of the systems that write an entity. Immutable; safe for threads.
 *
 * @param number its place in the plan, and in each record's views
 * @param rank decides where times are equal or unknown; unique, the highest first
 * @param written true where it is told what the others write
 * @param projection what becomes of values there
 * @param clean what a row that it shows is in the entity's standard form
 * @param deliver the steps for what is written to it
 */
record MergeMember(
    int number,
    String system,
    Binding binding,
    int rank,
    boolean written,
    Projection projection,
    UnaryOperator<Row> clean,
    Standardizer deliver) {
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

  /** What is written there of a value of the record. */
  @Nullable Object delivered(int field, @Nullable Object value) {
    return deliver.standardize(field, value);
  }

  /** What a value of the record looks like once it was written there: what is that, is no edit. */
  @Nullable Object stored(int field, @Nullable Object value) {
    return projection.project(field, delivered(field, value));
  }

  boolean has(int field) {
    return binding.column(field) != null;
  }
}
