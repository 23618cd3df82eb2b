package dev.unisono.engine.validate;

import dev.unisono.spi.Row;
import java.util.List;

/** One thing that is asked of a row as a whole. Safe for threads. */
public interface RowCheck {
  /** True where all is well, or where a field that it needs is UNCHANGED (invariant 6). */
  boolean holds(Row row);

  /** Tells what is wrong with a row for which it does not hold. */
  void explain(Row row, List<Finding> findings);

  /** What becomes of a row for which it does not hold. */
  default Severity severity() {
    return Severity.REJECT;
  }
}
