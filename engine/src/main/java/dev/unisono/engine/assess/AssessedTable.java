package dev.unisono.engine.assess;

import dev.unisono.spi.Problem;
import dev.unisono.spi.SurveyedTable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found of one table. Immutable but for its profile, which nobody changes any more.
 *
 * @param profile of the rows that were read
 * @param whole true where those were all
 * @param suggested what a config should say of it
 * @param rowsASecond how many rows a second could be read, without the pauses; 0 where too few were
 * @param notWritten why it cannot be written as a target; null where it can
 */
public record AssessedTable(
    SurveyedTable table,
    TableProfile profile,
    boolean whole,
    SuggestedEntity suggested,
    double rowsASecond,
    @Nullable Problem notWritten,
    List<Finding> findings) {
  public AssessedTable {
    findings = List.copyOf(findings);
  }

  public String name() {
    return table.name();
  }

  public boolean blocked() {
    return findings.stream().anyMatch(Finding::blocks);
  }

  public Grade grade() {
    return Grade.of(Grade.points(findings), blocked());
  }

  /** How many rows it has, about; {@link SurveyedTable#UNKNOWN} where nobody knows. */
  public long rows() {
    return whole ? profile.rows() : table.rowsEstimated();
  }

  /** How long reading all of it takes, in seconds; 0 where that cannot be told. */
  public double secondsToRead() {
    return rowsASecond <= 0 || rows() < 0 ? 0 : rows() / rowsASecond;
  }
}
