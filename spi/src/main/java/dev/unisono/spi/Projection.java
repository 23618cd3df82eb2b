package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * What a value looks like once a member has stored it: rounded, truncated, padded, as its column
 * asks for. What a member shows and is equal to the projection of what it was told is no edit of
 * it. Safe for threads.
 */
@FunctionalInterface
public interface Projection {
  /** Every value is stored as it is. */
  Projection EXACT = (field, value) -> value;

  /**
   * A value as it comes back; projecting twice changes nothing.
   *
   * @param field the field's position in the schema
   */
  @Nullable Object project(int field, @Nullable Object value);
}
