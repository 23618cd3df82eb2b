package dev.unisono.engine.config;

import java.util.List;

/**
 * The rules by which rows of different members are found to be one record. Immutable.
 *
 * @param exact in their order, each some fields: rows that are equal in all of them are one record
 * @param fuzzy asked where no exact rule finds a record
 */
public record MatchRules(List<List<String>> exact, List<FuzzyRule> fuzzy) {
  /** The key is the same in all members. */
  public static final MatchRules NONE = new MatchRules(List.of(), List.of());

  public MatchRules {
    exact = List.copyOf(exact);
    fuzzy = List.copyOf(fuzzy);
  }

  public boolean isEmpty() {
    return exact.isEmpty() && fuzzy.isEmpty();
  }
}
