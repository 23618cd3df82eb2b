package dev.unisono.engine.validate;

import java.util.List;

/**
 * One thing that is asked of a field's value, compiled when the config is read. Safe for threads.
 */
public interface ValueCheck {
  /** True where all is well; of a value that is neither null nor UNCHANGED. */
  boolean holds(Object value);

  /** Tells what is wrong with a value for which it does not hold. */
  void explain(Place place, Object value, List<Finding> findings);
}
