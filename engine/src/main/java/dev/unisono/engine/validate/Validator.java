package dev.unisono.engine.validate;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Says what is wrong with the rows of one entity. Works on positions that are resolved once;
 * touches nothing but the row. Safe for threads.
 */
public final class Validator {
  private final Schema schema;
  private final FieldConstraints[] constraints;

  public Validator(EntityConfig entity) {
    this.schema = entity.schema();
    this.constraints =
        entity.rules().stream().map(FieldRules::constraints).toArray(FieldConstraints[]::new);
  }

  /** Everything that is wrong with a row, all at once; fields that are UNCHANGED are not asked. */
  public List<Finding> validate(Row row) {
    List<Finding> findings = List.of();
    for (int i = 0; i < constraints.length; i++) {
      Object value = row.value(i);
      if (value == Unchanged.UNCHANGED) {
        continue;
      }
      Finding finding =
          value == null ? missing(i) : check(constraints[i], schema.field(i).name(), value);
      if (finding != null) {
        findings = findings.isEmpty() ? new ArrayList<>() : findings;
        findings.add(finding);
      }
    }
    return findings;
  }

  private @Nullable Finding missing(int position) {
    String field = schema.field(position).name();
    return constraints[position].required()
        ? new Finding("required", field, field + " must have a value.")
        : null;
  }

  private static @Nullable Finding check(FieldConstraints rules, String field, Object value) {
    if (value instanceof Unfit unfit) {
      return new Finding(
          "value-unfit", field, field + " has " + unfit.found() + ", which is none of its type.");
    }
    if (value instanceof Object[] array) {
      return checkElements(rules, field, array);
    }
    if (value instanceof String text) {
      Finding finding = checkText(rules, field, text);
      if (finding != null) {
        return finding;
      }
    }
    boolean bounded = rules.minimum() != null || rules.maximum() != null;
    BigDecimal number = bounded ? number(value) : null;
    if (number != null && rules.minimum() != null && number.compareTo(rules.minimum()) < 0) {
      return new Finding("minimum", field, field + " must be at least " + rules.minimum() + ".");
    }
    if (number != null && rules.maximum() != null && number.compareTo(rules.maximum()) > 0) {
      return new Finding("maximum", field, field + " must be at most " + rules.maximum() + ".");
    }
    if (rules.allowed() != null && !rules.allowed().contains(comparable(value))) {
      return new Finding(
          "not-allowed", field, field + " must be one of " + sorted(rules.allowed()) + ".");
    }
    return null;
  }

  /** The first element that is not as it must be stands for all. */
  private static @Nullable Finding checkElements(
      FieldConstraints rules, String field, @Nullable Object[] array) {
    FieldConstraints items = rules.items();
    for (Object element : array) {
      Finding finding =
          items == null || element == null
              ? null
              : check(element instanceof Object[] ? rules : items, field, element);
      if (finding != null) {
        return finding;
      }
    }
    return null;
  }

  private static @Nullable Finding checkText(FieldConstraints rules, String field, String text) {
    int length = text.codePointCount(0, text.length());
    if (rules.minLength() != null && length < rules.minLength()) {
      return new Finding(
          "too-short",
          field,
          field
              + " must have at least "
              + rules.minLength()
              + " characters; it has "
              + length
              + ".");
    }
    if (rules.maxLength() != null && length > rules.maxLength()) {
      return new Finding(
          "too-long",
          field,
          field
              + " must have at most "
              + rules.maxLength()
              + " characters; it has "
              + length
              + ".");
    }
    if (rules.pattern() != null && !rules.pattern().matcher(text).find()) {
      return new Finding(
          "pattern", field, field + " does not match " + rules.pattern().pattern() + ".");
    }
    return null;
  }

  private static @Nullable BigDecimal number(Object value) {
    return switch (value) {
      case Long number -> BigDecimal.valueOf(number);
      case BigDecimal number -> number;
      case Double number when Double.isFinite(number) -> BigDecimal.valueOf(number);
      default -> null;
    };
  }

  /** What {@code enum} of the schema is compared by: numbers by value, the rest as it is. */
  public static Object comparable(Object value) {
    BigDecimal number = number(value);
    return number == null ? value : number.stripTrailingZeros();
  }

  private static List<String> sorted(Set<Object> allowed) {
    return allowed.stream().map(Object::toString).sorted().toList();
  }
}
