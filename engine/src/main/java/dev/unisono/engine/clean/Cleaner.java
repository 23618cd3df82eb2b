package dev.unisono.engine.clean;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.standardize.Standardizer;
import dev.unisono.engine.validate.Finding;
import dev.unisono.engine.validate.Validator;
import dev.unisono.spi.Row;
import java.util.List;

/**
 * The pure stages of one entity: standardize, then validate, the same on every way in. Touches
 * nothing but the row. Safe for threads.
 */
public final class Cleaner {
  private final Standardizer standardizer;
  private final Validator validator;

  public Cleaner(EntityConfig entity) {
    this.standardizer = new Standardizer(entity);
    this.validator = new Validator(entity);
  }

  /** True where a value of this field may be other than the system has it. */
  public boolean standardizes(int position) {
    return standardizer.standardizes(position);
  }

  /** The row with its values in their standard form; the same row where nothing changes. */
  public Row standardize(Row row) {
    return standardizer.standardize(row);
  }

  /** Everything that is wrong with a row, all at once; fields that are UNCHANGED are not asked. */
  public List<Finding> validate(Row row) {
    return validator.validate(row);
  }
}
