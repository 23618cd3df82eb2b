package dev.unisono.engine.clean;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.validate.Finding;
import dev.unisono.engine.validate.Rule;
import dev.unisono.engine.validate.Severity;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many rows have passed although a rule that only warns does not hold for them, by entity and
 * code, since this was made. Safe for threads.
 */
public final class Warnings {
  private final Map<Kind, LongAdder> rows = new ConcurrentHashMap<>();

  private record Kind(String entity, String code) {}

  /** Some rows of one kind. Immutable. */
  public record Count(String entity, String code, long rows) {}

  /** Rules that have not warned yet are there with none. */
  public Warnings(Map<String, EntityConfig> entities) {
    entities.forEach((name, entity) ->
        entity
            .rowChecks()
            .forEach(check -> {
              if (check instanceof Rule rule && rule.severity() == Severity.WARN) {
                rows.put(new Kind(name, rule.code()), new LongAdder());
              }
            }));
    entities.forEach((name, entity) -> {
      if (entity.constraints().unique().stream()
          .anyMatch(rule -> rule.severity() == Severity.WARN)) {
        rows.put(new Kind(name, "value-taken"), new LongAdder());
      }
      if (entity.constraints().references().stream()
          .anyMatch(rule -> rule.severity() == Severity.WARN)) {
        rows.put(new Kind(name, "reference-missing"), new LongAdder());
      }
    });
  }

  /** Counts a row that has passed. */
  public void count(String entity, List<Finding> findings) {
    for (Finding finding : findings) {
      rows.computeIfAbsent(new Kind(entity, finding.code()), _ -> new LongAdder()).increment();
    }
  }

  /** By entity and code, in order. */
  public List<Count> counts() {
    return rows.entrySet().stream()
        .map(each -> new Count(each.getKey().entity(), each.getKey().code(), each.getValue().sum()))
        .sorted(Comparator.comparing(Count::entity).thenComparing(Count::code))
        .toList();
  }
}
