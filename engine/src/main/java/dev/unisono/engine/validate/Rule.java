package dev.unisono.engine.validate;

import dev.unisono.engine.expression.RowCondition;
import dev.unisono.engine.expression.RowCondition.Verdict;
import dev.unisono.spi.Row;
import java.util.List;

/**
 * A rule of the config: a condition over the fields of a row. Immutable; safe for threads.
 *
 * @param code by which its findings are known
 * @param message one sentence for whoever sent a row for which it does not hold
 */
public record Rule(String code, RowCondition condition, String message, Severity severity)
    implements RowCheck {
  @Override
  public boolean holds(Row row) {
    Verdict verdict = condition.of(row);
    return verdict == Verdict.HOLDS || verdict == Verdict.NOT_ASKED;
  }

  @Override
  public void explain(Row row, List<Finding> findings) {
    findings.add(
        condition.of(row) == Verdict.FAILED
            ? new Finding(
                "rule-failed", "", "", "", "The rule " + code + " has no value for this record.")
            : new Finding(code, "", "", "", message));
  }
}
