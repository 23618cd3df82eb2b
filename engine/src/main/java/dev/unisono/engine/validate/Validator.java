package dev.unisono.engine.validate;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Says what is wrong with the rows of one entity. Works on positions that are resolved once;
 * touches nothing but the row. Safe for threads.
 */
public final class Validator {
  private final Place[] places;
  private final boolean[] required;
  private final ValueCheck[][] checks;
  private final RowCheck[] rowChecks;
  private final RowCheck[] holdingChecks;
  private final RowCheck[] warningChecks;

  public Validator(EntityConfig entity) {
    List<FieldConstraints> constraints =
        entity.rules().stream().map(FieldRules::constraints).toList();
    this.places = new Place[constraints.size()];
    this.required = new boolean[constraints.size()];
    this.checks = new ValueCheck[constraints.size()][];
    for (int i = 0; i < checks.length; i++) {
      places[i] = new Place(entity.schema().field(i).name());
      required[i] = constraints.get(i).required();
      checks[i] = constraints.get(i).checks().toArray(new ValueCheck[0]);
    }
    this.rowChecks = of(entity, Severity.REJECT);
    this.holdingChecks = of(entity, Severity.QUARANTINE);
    this.warningChecks = of(entity, Severity.WARN);
  }

  private static RowCheck[] of(EntityConfig entity, Severity severity) {
    return entity.rowChecks().stream()
        .filter(check -> check.severity() == severity)
        .toArray(RowCheck[]::new);
  }

  /** Everything that is wrong with a row, all at once; fields that are UNCHANGED are not asked. */
  public List<Finding> validate(Row row) {
    List<Finding> findings = null;
    for (int i = 0; i < checks.length; i++) {
      Object value = row.value(i);
      if (value == Unchanged.UNCHANGED) {
        continue;
      }
      if (value == null || value instanceof Unfit) {
        if (value != null || required[i]) {
          findings = findings == null ? new ArrayList<>() : findings;
          findings.add(notThere(places[i], row.schema().field(i).type(), value));
        }
        continue;
      }
      for (ValueCheck check : checks[i]) {
        if (!check.holds(value)) {
          findings = findings == null ? new ArrayList<>() : findings;
          check.explain(places[i], value, findings);
        }
      }
    }
    findings = ask(rowChecks, row, findings);
    return findings == null ? List.of() : findings;
  }

  /** Why a row in which nothing is wrong is held until a person lets it through. */
  public List<Finding> doubts(Row row) {
    List<Finding> findings = ask(holdingChecks, row, null);
    return findings == null ? List.of() : findings;
  }

  /** What is wrong with a row that passes all the same. */
  public List<Finding> warnings(Row row) {
    List<Finding> findings = ask(warningChecks, row, null);
    return findings == null ? List.of() : findings;
  }

  private static @Nullable List<Finding> ask(
      RowCheck[] checks, Row row, @Nullable List<Finding> before) {
    List<Finding> findings = before;
    for (RowCheck check : checks) {
      if (!check.holds(row)) {
        findings = findings == null ? new ArrayList<>() : findings;
        check.explain(row, findings);
      }
    }
    return findings;
  }

  private static Finding notThere(Place place, ValueType type, @Nullable Object value) {
    return value instanceof Unfit unfit
        ? Finding.of(
            place, "value-unfit", unfit, "must be a " + type.name().toLowerCase(Locale.ROOT))
        : new Finding(
            "required", place.field(), place.path(), "", place.path() + " must have a value.");
  }
}
