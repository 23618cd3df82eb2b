package dev.unisono.engine.assess;

import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.SurveyedTable.Column;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a table's definition and of what its rows are like what a config should say of it. For
 * one thread.
 */
public final class Suggester {
  /** So many rows must have a value for a rule to match by it. */
  private static final double PRESENT = 0.95;

  /** And so many of those must be different. */
  private static final double DIFFERENT = 0.98;

  private final SurveyedTable table;
  private final TableProfile profile;
  private final FieldSuggester suggester;

  private Suggester(SurveyedTable table, TableProfile profile, boolean whole) {
    this.table = table;
    this.profile = profile;
    this.suggester = new FieldSuggester(profile, whole);
  }

  /**
   * What a config should say of a table.
   *
   * @param whole true where the profile is of all of its rows
   */
  public static SuggestedEntity of(SurveyedTable table, TableProfile profile, boolean whole) {
    return new Suggester(table, profile, whole).suggest();
  }

  private SuggestedEntity suggest() {
    Optional<List<String>> declared = TableKey.declared(table);
    List<String> key = declared.orElseGet(this::guessedKey);
    List<SuggestedField> fields = new ArrayList<>();
    List<String> leftOut = new ArrayList<>();
    for (Column column : table.columns()) {
      if (column.type() == null) {
        leftOut.add(column.name() + " (" + column.databaseType() + "): no field is of this type");
      } else if (column.generated() && !key.contains(column.name())) {
        leftOut.add(column.name() + ": the system computes it");
      } else {
        fields.add(suggester.suggest(column, key.contains(column.name())));
      }
    }
    EntityName name = EntityName.of(table.name());
    return new SuggestedEntity(
        name.name(),
        name.plural(),
        key,
        declared.isEmpty() && !key.isEmpty(),
        fields,
        matches(key),
        leftOut);
  }

  private @Nullable Column column(String name) {
    return table.columns().stream()
        .filter(column -> column.name().equals(name))
        .findFirst()
        .orElse(null);
  }

  /** A field that tells all rows of the sample apart, one that is called so before others. */
  private List<String> guessedKey() {
    return profile.fields().stream()
        .filter(FieldProfile::unique)
        .filter(field -> TableKey.canBe(table, List.of(field.name()), true))
        .min(Comparator.comparingInt(Suggester::unlikeKey))
        .map(field -> List.of(field.name()))
        .orElse(List.of());
  }

  private static int unlikeKey(FieldProfile field) {
    String name = field.name().toLowerCase(java.util.Locale.ROOT);
    return name.equals("id") || name.equals("uuid") || name.equals("key")
        ? 0
        : name.endsWith("id") ? 1 : name.endsWith("number") || name.endsWith("code") ? 2 : 3;
  }

  private List<SuggestedEntity.Match> matches(List<String> key) {
    List<SuggestedEntity.Match> matches = new ArrayList<>();
    Set<String> taken = new HashSet<>(key);
    for (List<String> unique : table.uniqueKeys()) {
      boolean fields =
          unique.stream().allMatch(name -> column(name) != null && !taken.contains(name));
      if (fields
          && unique.stream().noneMatch(this::mostlyNull)
          && TableKey.canBe(table, unique, true)) {
        matches.add(new SuggestedEntity.Match(unique, "the system keeps it unique"));
        taken.addAll(unique);
      }
    }
    for (FieldProfile field : profile.fields()) {
      TextProfile texts = field.texts();
      boolean email = texts.share(TextKind.EMAIL) >= Looks.NEARLY_ALL;
      boolean phone =
          texts.share(TextKind.PHONE) >= Looks.NEARLY_ALL && FieldName.PHONE.in(field.name());
      double present = profile.rows() == 0 ? 0 : (double) texts.said() / profile.rows();
      double different = texts.said() == 0 ? 0 : 1 - (double) texts.repeated() / texts.said();
      if ((email || phone)
          && !taken.contains(field.name())
          && present >= PRESENT
          && different >= DIFFERENT) {
        matches.add(
            new SuggestedEntity.Match(
                List.of(field.name()),
                (email ? "an e-mail address" : "a telephone number")
                    + " that "
                    + Percent.of(present)
                    + " of the rows have, and "
                    + Percent.of(different)
                    + " of those alone"));
      }
    }
    return matches;
  }

  private boolean mostlyNull(String name) {
    return profile.fields().stream()
        .anyMatch(field -> field.name().equals(name) && field.nullShare() > 1 - PRESENT);
  }
}
