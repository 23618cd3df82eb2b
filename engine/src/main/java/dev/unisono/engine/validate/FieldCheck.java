package dev.unisono.engine.validate;

import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.util.List;

/**
 * What the schema says of one field's value, where that does not refuse the row. Whether there is
 * one, and one of its type, is asked elsewhere. Immutable; safe for threads.
 *
 * @param position where the field is in a row
 */
public record FieldCheck(int position, String field, List<ValueCheck> checks, Severity severity)
    implements RowCheck {
  public FieldCheck {
    checks = List.copyOf(checks);
  }

  @Override
  public boolean holds(Row row) {
    Object value = row.value(position);
    return value == null
        || value == Unchanged.UNCHANGED
        || value instanceof Unfit
        || checks.stream().allMatch(check -> check.holds(value));
  }

  @Override
  public void explain(Row row, List<Finding> findings) {
    Object value = row.value(position);
    for (ValueCheck check : checks) {
      if (value != null && !check.holds(value)) {
        check.explain(new Place(field), value, findings);
      }
    }
  }
}
