package dev.unisono.engine.standardize;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FieldRules;
import dev.unisono.engine.config.Config.StandardizeStep;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Brings the values of one entity's rows into their standard form by the steps of the config. Works
 * on positions that are resolved once; touches nothing but the row. Safe for threads.
 */
public final class Standardizer {
  private final Schema schema;
  private final StandardizeStep[][] steps;
  private final boolean standardizes;

  public Standardizer(EntityConfig entity) {
    this.schema = entity.schema();
    List<FieldRules> rules = entity.rules();
    this.steps = new StandardizeStep[rules.size()][];
    boolean any = false;
    for (int i = 0; i < rules.size(); i++) {
      steps[i] = rules.get(i).standardize().toArray(new StandardizeStep[0]);
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
}
