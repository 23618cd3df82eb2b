package dev.unisono.engine.access;

import dev.unisono.engine.expression.RowCondition;
import dev.unisono.engine.expression.RowCondition.Verdict;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one caller may do with the records of one entity, and how they look. Equal to another's of
 * the same content, so that those who see alike share what is made for them. Safe for threads.
 */
public final class EntityRights {
  private final String entity;
  private final String holder;
  private final List<Held<Grant>> grants;
  private final List<Held<Rule>> rules;
  private final Conditions conditions;
  private final MaskKey secret;
  private final Map<Action, Map<Schema, Lens>> lenses = new ConcurrentHashMap<>();

  /** Asked with every request; so what does not depend on records is found out once. */
  private final Map<Action, Known> known = new EnumMap<>(Action.class);

  private record Known(Decision may, boolean whole, boolean someRows) {}

  /** A grant or a rule, and what its condition asks for of the caller. */
  record Held<T>(T what, Map<String, Object> asked) {}

  EntityRights(
      String entity,
      String holder,
      List<Held<Grant>> grants,
      List<Held<Rule>> rules,
      Conditions conditions,
      MaskKey secret) {
    this.entity = entity;
    this.holder = holder;
    this.grants = List.copyOf(grants);
    this.rules = List.copyOf(rules);
    this.conditions = conditions;
    this.secret = secret;
    for (Action action : Action.values()) {
      known.put(action, new Known(decide(action), allOf(action), rowsOf(action)));
    }
  }

  private Known known(Action action) {
    return Objects.requireNonNull(known.get(action), "all actions are known");
  }

  /** Whether an action may be done at all; with which records, is asked of each. */
  public Decision may(Action action) {
    return known(action).may();
  }

  private Decision decide(Action action) {
    for (Held<Rule> rule : rules) {
      if (rule.what().about(entity, action) && rule.what().when() == null) {
        return barred(rule.what());
      }
    }
    for (Held<Grant> grant : grants) {
      if (grant.what().actions().contains(action)) {
        return Decision.allowed(by(grant.what()));
      }
    }
    return Decision.denied(
        "Nothing allows " + holder + " to " + action.label() + " " + entity + " records.");
  }

  private static Decision barred(Rule rule) {
    return Decision.denied(
        "Denied by rule '" + rule.name() + "' (" + rule.where() + "): " + rule.message());
  }

  private static String by(Grant grant) {
    return "Allowed by role '" + grant.role() + "' (" + grant.where() + ").";
  }

  /** Whether all records are shown to a reading action, as they are. */
  public boolean whole(Action reading) {
    return known(reading).whole();
  }

  private boolean allOf(Action reading) {
    return rules.stream().noneMatch(rule -> rule.what().about(entity, reading))
        && grants.stream()
            .map(Held::what)
            .anyMatch(grant ->
                grant.actions().contains(reading)
                    && grant.rows() == null
                    && grant.shown() == null
                    && grant.masks().isEmpty());
  }

  /** Whether it depends on a record what may be done with it. */
  public boolean someRows(Action action) {
    return known(action).someRows();
  }

  private boolean rowsOf(Action action) {
    return rules.stream()
            .anyMatch(rule -> rule.what().about(entity, action) && rule.what().when() != null)
        || grants.stream()
            .map(Held::what)
            .noneMatch(grant -> grant.actions().contains(action) && grant.rows() == null);
  }

  /**
   * A record as it is seen; null where it is not. Fields that are hidden are UNCHANGED: left out.
   */
  public @Nullable Row seen(Action reading, Row row) {
    return seen(reading, row, row);
  }

  /**
   * The same of a part of a record.
   *
   * @param whole by which it is judged
   */
  public @Nullable Row seen(Action reading, Row whole, Row part) {
    return lens(reading, whole.schema()).of(whole, part);
  }

  /** Whether a caller may ask for records by a field, or have them in its order. */
  public boolean comparable(Action reading, String field, Schema schema) {
    boolean ofKey = schema.isKey(schema.position(field));
    return grants.stream()
        .map(Held::what)
        .filter(grant -> grant.actions().contains(reading))
        .allMatch(grant -> grant.mask(field, ofKey) == Mask.NONE);
  }

  /** Whether all records may be written so, with all of their fields. */
  public boolean writesAll(Action writing) {
    return !someRows(writing)
        && grants.stream()
            .map(Held::what)
            .anyMatch(grant ->
                grant.actions().contains(writing)
                    && grant.rows() == null
                    && grant.writable() == null
                    && grant.shown() == null
                    && grant.masks().isEmpty());
  }

  /**
   * Whether a record may be written so.
   *
   * @param fields the names of those that are written
   * @param before the record as it is; null where there is none
   * @param after the record as it would be; null where it is deleted
   */
  public Decision writes(
      Action writing, Set<String> fields, @Nullable Row before, @Nullable Row after) {
    for (Held<Rule> rule : rules) {
      if (rule.what().about(entity, writing)
          && (bars(rule, before) || bars(rule, after) || rule.what().when() == null)) {
        return barred(rule.what());
      }
    }
    List<Grant> fitting = new ArrayList<>();
    for (Held<Grant> grant : grants) {
      if (grant.what().actions().contains(writing) && fits(grant, before) && fits(grant, after)) {
        fitting.add(grant.what());
      }
    }
    if (fitting.isEmpty()) {
      Decision atAll = may(writing);
      return atAll.allowed()
          ? Decision.denied(
              "Nothing allows "
                  + holder
                  + " to "
                  + writing.label()
                  + " this "
                  + entity
                  + ", as it is or as it would be.")
          : atAll;
    }
    for (String field : fields) {
      Row any = after == null ? before : after;
      boolean ofKey = any != null && any.schema().isKey(any.schema().position(field));
      if (fitting.stream().noneMatch(grant -> grant.writes(field, ofKey))) {
        return Decision.denied(
            "Nothing allows " + holder + " to write the field '" + field + "' of it.");
      }
    }
    return Decision.allowed(by(fitting.getFirst()));
  }

  /** What a rule cannot judge it bars: a doubt does not let in. */
  private boolean bars(Held<Rule> rule, @Nullable Row row) {
    String when = rule.what().when();
    return when != null && row != null && verdict(when, rule.asked(), row) != Verdict.BROKEN;
  }

  private boolean fits(Held<Grant> grant, @Nullable Row row) {
    String rows = grant.what().rows();
    return rows == null || row == null || verdict(rows, grant.asked(), row) == Verdict.HOLDS;
  }

  private Verdict verdict(String text, Map<String, Object> asked, Row row) {
    Optional<RowCondition> condition = conditions.of(text, row.schema());
    return condition.map(each -> each.of(asked).of(row)).orElse(Verdict.FAILED);
  }

  private Lens lens(Action reading, Schema schema) {
    return lenses
        .computeIfAbsent(reading, _ -> new ConcurrentHashMap<>())
        .computeIfAbsent(schema, _ -> new Lens(reading, schema));
  }

  /** How rows of one schema look. */
  private final class Lens {
    private final Schema schema;
    private final List<Optional<RowCondition>> bars = new ArrayList<>();
    private final List<Grant> reading = new ArrayList<>();

    /** Of each grant: null where it is for all rows. */
    private final List<@Nullable Optional<RowCondition>> rows = new ArrayList<>();

    /** By which of the grants fit. */
    private final Map<Long, Mask[]> masks = new ConcurrentHashMap<>();

    Lens(Action action, Schema schema) {
      this.schema = schema;
      for (Held<Rule> rule : rules) {
        String when = rule.what().when();
        if (rule.what().about(entity, action) && when != null) {
          bars.add(conditions.of(when, schema).map(each -> each.of(rule.asked())));
        }
      }
      for (Held<Grant> grant : grants) {
        String text = grant.what().rows();
        if (grant.what().actions().contains(action) && reading.size() < Long.SIZE) {
          reading.add(grant.what());
          rows.add(
              text == null
                  ? null
                  : conditions.of(text, schema).map(each -> each.of(grant.asked())));
        }
      }
    }

    @Nullable Row of(Row row, Row part) {
      for (Optional<RowCondition> bar : bars) {
        if (bar.isEmpty() || bar.get().of(row) != Verdict.BROKEN) {
          return null;
        }
      }
      long fitting = 0;
      for (int i = 0; i < rows.size(); i++) {
        Optional<RowCondition> condition = rows.get(i);
        if (condition == null
            || (condition.isPresent() && condition.get().of(row) == Verdict.HOLDS)) {
          fitting |= 1L << i;
        }
      }
      return fitting == 0 ? null : masked(part, masks.computeIfAbsent(fitting, this::masks));
    }

    /** Of several that fit, the one that shows most of a field holds. */
    private Mask[] masks(long fitting) {
      Mask[] shown = new Mask[schema.size()];
      for (int field = 0; field < shown.length; field++) {
        Mask most = Mask.HIDDEN;
        for (int i = 0; i < reading.size(); i++) {
          if ((fitting & 1L << i) != 0) {
            Mask mask = reading.get(i).mask(schema.field(field).name(), schema.isKey(field));
            most = mask.compareTo(most) < 0 ? mask : most;
          }
        }
        shown[field] = most;
      }
      return shown;
    }

    private Row masked(Row row, Mask[] shown) {
      @Nullable Object @Nullable [] values = null;
      for (int field = 0; field < shown.length; field++) {
        Mask mask = shown[field];
        if (mask != Mask.NONE && row.value(field) != Unchanged.UNCHANGED) {
          values = values == null ? row.copyValues() : values;
          values[field] =
              mask == Mask.HIDDEN ? Unchanged.UNCHANGED : mask.of(row.value(field), secret);
        }
      }
      return values == null ? row : new Row(schema, values);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof EntityRights one
        && entity.equals(one.entity)
        && grants.equals(one.grants)
        && rules.equals(one.rules);
  }

  @Override
  public int hashCode() {
    return Objects.hash(entity, grants, rules);
  }
}
