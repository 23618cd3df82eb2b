package dev.unisono.engine.clean;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.standardize.Standardizer;
import dev.unisono.engine.standardize.Step;
import dev.unisono.engine.validate.Finding;
import dev.unisono.engine.validate.Validator;
import dev.unisono.spi.Row;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pure stages of one entity: standardize, then validate, the same on every way in. Touches
 * nothing but the row. Safe for threads.
 */
public final class Cleaner {
  /** Of the member that shows the rows; null where it has none. */
  private final @Nullable Standardizer collect;

  private final Standardizer standardizer;

  /** Of what is written to that member; null where there are none. */
  private final @Nullable Standardizer deliver;

  private final Validator validator;

  /** Of what comes from a member without steps of its own, or from a caller. */
  public Cleaner(EntityConfig entity) {
    this(entity, null, null);
  }

  private Cleaner(
      EntityConfig entity, @Nullable Standardizer collect, @Nullable Standardizer deliver) {
    this.collect = collect;
    this.standardizer = new Standardizer(entity);
    this.deliver = deliver;
    this.validator = new Validator(entity);
  }

  /** Of what comes from one member, which may have steps of its own. */
  public static Cleaner of(EntityConfig entity, MemberConfig member) {
    return new Cleaner(entity, own(entity, member.collect()), own(entity, member.deliver()));
  }

  private static @Nullable Standardizer own(EntityConfig entity, Map<String, List<Step>> steps) {
    return steps.isEmpty() ? null : new Standardizer(entity.schema(), steps);
  }

  /** True where a value of this field may be other than the system has it. */
  public boolean standardizes(int position) {
    return standardizer.standardizes(position)
        || (collect != null && collect.standardizes(position))
        || (deliver != null && deliver.standardizes(position));
  }

  /** The row with its values in their standard form; the same row where nothing changes. */
  public Row standardize(Row row) {
    return standardizer.standardize(collect == null ? row : collect.standardize(row));
  }

  /** Everything that is wrong with a row, all at once; fields that are UNCHANGED are not asked. */
  public List<Finding> validate(Row row) {
    return validator.validate(row);
  }

  /** Why a row in which nothing is wrong is held until a person lets it through. */
  public List<Finding> doubts(Row row) {
    return validator.doubts(row);
  }

  /** What is wrong with a row that passes all the same. */
  public List<Finding> warnings(Row row) {
    return validator.warnings(row);
  }
}
