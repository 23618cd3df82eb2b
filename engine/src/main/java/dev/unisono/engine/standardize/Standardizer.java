package dev.unisono.engine.standardize;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings the values of one entity's rows into their standard form by the steps of the config. Works
 * on positions that are resolved once; touches nothing but the row. Safe for threads.
 */
public final class Standardizer {
  private static final int NONE = -1;

  private final Schema schema;

  /** For each field its steps, and for each of those the field that says the country, or NONE. */
  private final Step[][] steps;

  private final int[][] regions;

  /** The fields with steps; those whose steps look at another field come behind all others. */
  private final int[] order;

  /** The steps of an entity, which are taken of what comes from any of its members. */
  public Standardizer(EntityConfig entity) {
    this(entity.schema(), byField(entity));
  }

  /**
   * @param steps for fields by name
   */
  public Standardizer(Schema schema, Map<String, List<Step>> steps) {
    this.schema = schema;
    this.steps = new Step[schema.size()][];
    this.regions = new int[schema.size()][];
    List<Integer> first = new ArrayList<>();
    List<Integer> last = new ArrayList<>();
    for (int i = 0; i < schema.size(); i++) {
      List<Step> own = steps.getOrDefault(schema.field(i).name(), List.of());
      this.steps[i] = own.toArray(new Step[0]);
      this.regions[i] = own.stream().mapToInt(step -> region(schema, step)).toArray();
      if (!own.isEmpty()) {
        (own.stream().anyMatch(step -> step.regionField() != null) ? last : first).add(i);
      }
    }
    first.addAll(last);
    this.order = first.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int region(Schema schema, Step step) {
    String field = step.regionField();
    return field == null ? NONE : schema.position(field);
  }

  private static Map<String, List<Step>> byField(EntityConfig entity) {
    Map<String, List<Step>> steps = new HashMap<>();
    for (int i = 0; i < entity.rules().size(); i++) {
      steps.put(entity.schema().field(i).name(), entity.rules().get(i).standardize());
    }
    return steps;
  }

  /** True where a value of this field may be other than the system has it. */
  public boolean standardizes(int position) {
    return steps[position].length > 0;
  }

  /** The row with its values in their standard form; the same row where nothing changes. */
  public Row standardize(Row row) {
    @Nullable Object @Nullable [] changed = null;
    for (int field : order) {
      Object value = changed == null ? row.value(field) : changed[field];
      if (value instanceof String text) {
        String clean = clean(field, text, row, changed);
        if (!text.equals(clean)) {
          changed = changed == null ? row.copyValues() : changed;
          changed[field] = clean;
        }
      }
    }
    return changed == null ? row : new Row(schema, changed);
  }

  /** A single value in its standard form, where no step looks at another field. */
  public @Nullable Object standardize(int field, @Nullable Object value) {
    String clean = value instanceof String text ? text : null;
    for (int i = 0; clean != null && i < steps[field].length; i++) {
      clean = steps[field][i].apply(clean);
    }
    return value instanceof String ? clean : value;
  }

  private @Nullable String clean(
      int field, String text, Row row, @Nullable Object @Nullable [] changed) {
    String clean = text;
    for (int i = 0; clean != null && i < steps[field].length; i++) {
      Step step = steps[field][i];
      int region = regions[field][i];
      if (region != NONE) {
        Object country = changed == null ? row.value(region) : changed[region];
        step = country instanceof String known ? step.in(known) : step;
      }
      clean = step.apply(clean);
    }
    return clean;
  }
}
