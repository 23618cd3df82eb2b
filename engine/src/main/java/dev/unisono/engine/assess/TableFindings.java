package dev.unisono.engine.assess;

import dev.unisono.engine.assess.Finding.Severity;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.SurveyedTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What the rows of a table, and its definition, give to think about. For one thread. */
public final class TableFindings {
  private static final long ENOUGH = 20;

  /** Kinds of which a text that is meant to be one should be one. */
  private static final List<TextKind> MEANT =
      List.of(
          TextKind.EMAIL,
          TextKind.URL,
          TextKind.UUID,
          TextKind.DATE,
          TextKind.DAY_FIRST,
          TextKind.CURRENCY,
          TextKind.JSON);

  private static final Set<String> CLEANING =
      Set.of("trim", "collapse-spaces", "unicode-nfc", "null-words", "name");

  private final SurveyedTable table;
  private final TableProfile profile;
  private final SuggestedEntity suggested;
  private final List<Finding> found = new ArrayList<>();

  private TableFindings(SurveyedTable table, TableProfile profile, SuggestedEntity suggested) {
    this.table = table;
    this.profile = profile;
    this.suggested = suggested;
  }

  public static List<Finding> of(
      SurveyedTable table, TableProfile profile, SuggestedEntity suggested) {
    TableFindings findings = new TableFindings(table, profile, suggested);
    findings.key();
    findings.duplicates();
    findings.leftOut();
    profile.fields().forEach(findings::field);
    findings.cleaning();
    return findings.found;
  }

  private void tell(Severity severity, Problem problem) {
    found.add(new Finding(severity, problem.at(SampleBinding.path(table.name()))));
  }

  private static Problem problem(String code, String message, String remedy) {
    return new Problem(code, ProblemType.USER, message, null, remedy);
  }

  private void key() {
    if (suggested.key().isEmpty()) {
      tell(
          Severity.BLOCKER,
          new Problem(
              "no-key",
              ProblemType.USER,
              table.primaryKey().isEmpty()
                  ? table.name() + " has no primary key, and no column tells its rows apart."
                  : "The primary key of "
                      + table.name()
                      + " is of a type that cannot identify a record.",
              null,
              "Give it a primary key, or name in the config the columns that tell them apart"
                  + " together."));
    } else if (suggested.keyGuessed()) {
      tell(
          Severity.WARNING,
          new Problem(
              "key-guessed",
              ProblemType.USER,
              table.name()
                  + " has no primary key. In the sample "
                  + String.join(", ", suggested.key())
                  + " tells its rows apart.",
              null,
              "Make it the primary key, or see to it that it stays unique."));
    }
  }

  private void duplicates() {
    for (TableProfile.Duplicates duplicates : profile.duplicates()) {
      tell(
          Severity.WARNING,
          new Problem(
              "likely-duplicates",
              ProblemType.USER,
              duplicates.rows()
                  + " of "
                  + profile.rows()
                  + " rows have the same "
                  + String.join(" and ", duplicates.fields())
                  + " as a row before them, but for case, accents and signs.",
              null,
              "Look whether they are the same record; records are not matched by a field that"
                  + " several have."));
    }
  }

  private void leftOut() {
    List<String> unread =
        table.columns().stream()
            .filter(column -> column.type() == null)
            .map(SurveyedTable.Column::name)
            .toList();
    if (!unread.isEmpty()) {
      tell(
          Severity.NOTE,
          problem(
              "columns-left-out",
              "No field can be of the type of " + String.join(", ", unread) + ".",
              "Leave them out of the entity."));
    }
  }

  private void field(FieldProfile field) {
    if (field.unfit() > 0) {
      tell(
          Severity.WARNING,
          problem(
              "unfit-values",
              field.unfit()
                  + " of "
                  + field.rows()
                  + " values of "
                  + field.name()
                  + " are none of the type "
                  + field.field().type().name().toLowerCase(java.util.Locale.ROOT)
                  + ".",
              "Correct them, or give the field a type that they have: else those rows become dead"
                  + " letters."));
    }
    if (field.rows() >= ENOUGH && field.nulls() == field.rows()) {
      tell(
          Severity.NOTE,
          problem(
              "always-null",
              field.name() + " has no value in any row of the sample.",
              "Leave it out, if nobody needs it."));
    }
    if (field.outlierShare() > 0 && suggested.key().stream().noneMatch(field.name()::equals)) {
      tell(
          Severity.NOTE,
          problem(
              "outliers",
              Percent.of(field.outlierShare())
                  + (field.texts().count() > 0 ? " of the lengths of " : " of the values of ")
                  + field.name()
                  + " are far from all others.",
              "Look whether they are mistakes; minimum, maximum and maxLength in the schema refuse"
                  + " such."));
    }
    kinds(field);
  }

  private void kinds(FieldProfile field) {
    TextProfile texts = field.texts();
    for (TextKind kind : MEANT) {
      if (texts.said() >= ENOUGH && texts.share(kind) >= Looks.NEARLY_ALL && !texts.all(kind)) {
        tell(
            Severity.NOTE,
            problem(
                "mixed-forms",
                Percent.of(1 - texts.share(kind))
                    + " of the values of "
                    + field.name()
                    + " are not "
                    + kind.shown()
                    + ", as all others are.",
                "A format or a pattern in the schema refuses them; without one they pass."));
        return;
      }
    }
  }

  private void cleaning() {
    List<String> fields =
        suggested.fields().stream()
            .filter(field -> field.steps().stream().anyMatch(CLEANING::contains))
            .map(SuggestedField::name)
            .toList();
    if (!fields.isEmpty()) {
      tell(
          Severity.NOTE,
          problem(
              "untidy-texts",
              "Texts of " + String.join(", ", fields) + " have blanks or forms that mean nothing.",
              "The suggested steps clean them on the way."));
    }
  }
}
