package dev.unisono.engine.clean;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldConstraints;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.engine.config.Config.StandardizeStep;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The pure stages of one entity: standardize, then validate, the same on every way in. Works on
 * positions that are resolved once; touches nothing but the row. Safe for threads.
 */
public final class Cleaner {
  private final Schema schema;
  private final StandardizeStep[][] steps;
  private final FieldConstraints[] constraints;
  private final boolean standardizes;

  public Cleaner(EntityConfig entity) {
    this.schema = entity.schema();
    List<FieldRules> rules = entity.rules();
    this.steps = new StandardizeStep[rules.size()][];
    this.constraints = new FieldConstraints[rules.size()];
    boolean any = false;
    for (int i = 0; i < rules.size(); i++) {
      steps[i] = rules.get(i).standardize().toArray(new StandardizeStep[0]);
      constraints[i] = rules.get(i).constraints();
      any |= steps[i].length > 0;
    }
    this.standardizes = any;
  }

  /** True where a value of this field may be other than the system has it. */
  public boolean standardizes(int position) {
    return steps[position].length > 0;
  }

  /** The row with its values in their standard form; the same row where nothing changes. */
  public Row standardize(Row row) {
    if (!standardizes) {
      return row;
    }
    @Nullable Object @Nullable [] changed = null;
    for (int i = 0; i < steps.length; i++) {
      if (steps[i].length > 0 && row.value(i) instanceof String text) {
        String clean = text;
        for (StandardizeStep step : steps[i]) {
          clean = apply(step, clean);
        }
        if (!clean.equals(text)) {
          changed = changed == null ? row.copyValues() : changed;
          changed[i] = clean;
        }
      }
    }
    return changed == null ? row : new Row(schema, changed);
  }

  private static String apply(StandardizeStep step, String text) {
    return switch (step) {
      case TRIM -> text.strip();
      case LOWER_CASE -> text.toLowerCase(Locale.ROOT);
      case UPPER_CASE -> text.toUpperCase(Locale.ROOT);
      case TITLE_CASE -> titleCase(text);
    };
  }

  /** Each run of letters begins with its title-case letter and goes on in lower case. */
  private static String titleCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); ) {
      int letter = text.codePointAt(i);
      i += Character.charCount(letter);
      out.appendCodePoint(inWord ? Character.toLowerCase(letter) : Character.toTitleCase(letter));
      inWord = Character.isLetter(letter) || (inWord && isMark(letter));
    }
    return out.toString();
  }

  /** An accent, for instance, where a text keeps it apart from its letter. */
  private static boolean isMark(int letter) {
    return switch (Character.getType(letter)) {
      case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK ->
          true;
      default -> false;
    };
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

  private static List<String> sorted(java.util.Set<Object> allowed) {
    return allowed.stream().map(Object::toString).sorted().toList();
  }
}
