package dev.unisono.server.limit;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one request is held against: the rules that are for it, and for whom each counts it.
 * Immutable but for what measures.
 *
 * @param subjects one for each rule
 * @param cost how much is asked of each
 * @param anyway whether it is counted although it does not pass: it has happened already
 */
record Check(List<Rule> rules, List<String> subjects, int levels, long cost, boolean anyway) {
  /**
   * Of each level, in their order: what came of asking it (of what is counted anyway, whether there
   * is to be a pause then), what remains, and the reset.
   */
  static final int ASK = 0;

  static final int REMAINING = 1;
  static final int RESET = 2;
  static final int MEASURES = 3;

  /** Those of some rules that are for a request; null where none is. */
  static @Nullable Check of(Rule[] rules, Asked asked, long cost, boolean anyway) {
    List<Rule> found = null;
    List<String> subjects = null;
    int levels = 0;
    for (Rule rule : rules) {
      String subject = rule.subject(asked);
      if (subject != null) {
        if (found == null || subjects == null) {
          found = new ArrayList<>(4);
          subjects = new ArrayList<>(4);
        }
        found.add(rule);
        subjects.add(subject);
        levels += rule.levels().length;
      }
    }
    return found == null || subjects == null
        ? null
        : new Check(found, subjects, levels, cost, anyway);
  }
}
