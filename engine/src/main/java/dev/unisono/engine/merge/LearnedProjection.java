package dev.unisono.engine.merge;

import dev.unisono.spi.Projection;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of values in a member, once it has been asked: before anything that it shows is
 * merged, and before it is told anything. Safe for threads.
 */
final class LearnedProjection implements Projection {
  private volatile @Nullable Projection learned;

  void learn(Projection projection) {
    learned = projection;
  }

  boolean known() {
    return learned != null;
  }

  @Override
  public @Nullable Object project(int field, @Nullable Object value) {
    Projection projection = learned;
    return projection == null ? value : projection.project(field, value);
  }
}
