package dev.unisono.cli;

import dev.unisono.engine.assess.SampleBinding;
import dev.unisono.engine.assess.SuggestedEntity;
import dev.unisono.engine.assess.Suggester;
import dev.unisono.engine.assess.TableProfile;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.Survey;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import java.util.List;

/**
 * One table, looked at: how it is defined, what some of its rows are like, and what a config should
 * say of it.
 *
 * @param whole true where all of its rows were read
 * @param rowsASecond how many could be read, without the pauses; 0 where too few were
 */
record TableLook(
    SurveyedTable table,
    TableProfile profile,
    boolean whole,
    SuggestedEntity suggested,
    double rowsASecond) {
  private static final int AT_ONCE = 500;

  /** Fewer are read in no time that can be measured. */
  private static final long ENOUGH = 500;

  /**
   * Looks.
   *
   * @param rows so many are read at most
   */
  static TableLook of(Survey survey, String name, int rows, LoadBudget budget) {
    SurveyedTable table = budget.ask(() -> survey.table(name));
    Binding binding =
        SampleBinding.of(table)
            .orElseThrow(() ->
                new UnisonoException(
                    new Problem(
                        "columns-left-out",
                        ProblemType.USER,
                        table.name() + " has no column that a field can be.",
                        null,
                        "Leave the table out.")));
    TableProfile profile = new TableProfile(binding.schema());
    long before = budget.askedNanos();
    try (RowReader sample = budget.ask(() -> survey.sample(binding, table, rows))) {
      List<Row> page;
      do {
        int limit = (int) Math.min(AT_ONCE, rows - profile.rows());
        page = limit == 0 ? List.of() : budget.ask(() -> sample.next(limit));
        page.forEach(profile::add);
      } while (!page.isEmpty());
    }
    long took = Math.max(1, budget.askedNanos() - before);
    profile.settle();
    boolean whole = profile.rows() < rows && whole(table, rows);
    double speed = profile.rows() < ENOUGH ? 0 : profile.rows() * 1e9 / took;
    return new TableLook(table, profile, whole, Suggester.of(table, profile, whole), speed);
  }

  /** Of a table that is larger by far than the sample, rows from all over it are taken. */
  private static boolean whole(SurveyedTable table, int rows) {
    return table.rowsEstimated() < 2L * rows;
  }
}
