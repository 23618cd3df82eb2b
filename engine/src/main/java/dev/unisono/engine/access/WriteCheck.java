package dev.unisono.engine.access;

import dev.unisono.spi.Row;
import org.jspecify.annotations.Nullable;

/**
 * Whether a caller's write may be made, asked of the record as it is and as it would be once all is
 * done to the values that is done to them before they are written. Safe for threads.
 */
public interface WriteCheck {
  /** Whoever writes may. */
  WriteCheck NONE = (_, _) -> {};

  /**
   * Looks at a write.
   *
   * @param before null where there is no record
   * @param after null where it is deleted
   * @throws RuntimeException where it may not be made; nothing is, then
   */
  void check(@Nullable Row before, @Nullable Row after);
}
