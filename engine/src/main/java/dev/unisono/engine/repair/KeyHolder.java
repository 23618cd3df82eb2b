package dev.unisono.engine.repair;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.KeyPage;
import org.jspecify.annotations.Nullable;

/** Somebody who is fed from the journal and can say which keys it holds. Safe for threads. */
public interface KeyHolder {
  /** Told from every other by it; kept with the state of a comparison. */
  String holderName();

  boolean keeps(Entity entity);

  /** The journal's sequence up to which it has taken everything up. */
  long through();

  /**
   * Some of the keys it holds, in an order of its own.
   *
   * @param after null at the beginning, else what the page before said
   */
  KeyPage keys(Entity entity, @Nullable String after, int limit);
}
