package dev.unisono.engine.assess;

import dev.unisono.spi.Problem;
import dev.unisono.spi.SurveyedServer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found of one system. Immutable.
 *
 * @param connector the kind of its connector
 * @param byQuery true where tables are read by queries alone
 * @param read false where the config only writes to it, so that it need not be fit to be read
 * @param server what it says of itself; null where it could not be asked
 * @param roundTripNanos how long an answer took, half of the times at most; 0 where none came
 * @param tableCount how many tables there are, those that were not to be looked at included
 * @param unread tables that could not be looked at
 * @param findings of the system itself
 */
public record AssessedSystem(
    String name,
    String connector,
    boolean byQuery,
    boolean read,
    @Nullable SurveyedServer server,
    long roundTripNanos,
    int tableCount,
    List<AssessedTable> tables,
    List<Unread> unread,
    List<Finding> findings) {
  public AssessedSystem {
    tables = List.copyOf(tables);
    unread = List.copyOf(unread);
    findings = List.copyOf(findings);
  }

  /** A table that could not be looked at, and why. */
  public record Unread(String table, Problem problem) {}

  /** True where the system itself is in the way, whatever the table. */
  public boolean blocked() {
    return findings.stream().anyMatch(Finding::blocks);
  }

  /** Blockers of the system and of its tables. */
  public long blockers() {
    return unread.size()
        + findings.stream().filter(Finding::blocks).count()
        + tables.stream()
            .flatMap(table -> table.findings().stream())
            .filter(Finding::blocks)
            .count();
  }

  public Grade grade() {
    double own = Grade.points(findings);
    int all = tables.size() + unread.size();
    double points = tables.stream().mapToDouble(table -> Grade.points(table.findings())).sum();
    double ofTables = all == 0 ? own : points / all;
    return Grade.of((own + ofTables) / 2, blocked());
  }
}
