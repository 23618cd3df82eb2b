package dev.unisono.engine.merge;

import dev.unisono.engine.config.Config.DeleteRule;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.match.FuzzyMatcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an entity with several writing members is merged. Immutable; safe for threads.
 *
 * @param members in the order of the config: where nothing else decides, the first wins
 * @param fields for each field what decides between two versions of it
 * @param resolutionMicros times are compared in steps of this: that of the member with the coarsest
 *     clock in its log
 * @param deletes what becomes of a record that one member deletes while another edits it
 * @param match rules, each the positions of some fields, by which rows of members that each have
 *     keys of their own are found to be one record where they are equal
 * @param fuzzy rules that find what is not equal; no rule of either kind where the key is
 *     everywhere the same
 * @param asks true where nobody is told anything before somebody has said so
 */
record MergePlan(
    Entity entity,
    List<MergeMember> members,
    List<FieldStrategy> fields,
    long resolutionMicros,
    DeleteRule deletes,
    List<int[]> match,
    List<FuzzyMatcher> fuzzy,
    boolean asks) {
  MergePlan {
    if (members.size() > 62) {
      throw new IllegalArgumentException("too many members: " + members.size());
    }
  }

  /** Whether each member has keys of its own. */
  boolean ownKeys() {
    return !match.isEmpty() || !fuzzy.isEmpty();
  }

  /** The member whose rank it is; null where it is none any more. */
  @Nullable MergeMember ranked(int rank) {
    for (MergeMember member : members) {
      if (member.rank() == rank) {
        return member;
      }
    }
    return null;
  }

  /** By its name who wrote a version; it was Unisono itself where it was no member. */
  String writer(Stamp version) {
    MergeMember member = ranked(version.rank());
    return member == null ? MergeConflict.HERE : member.system();
  }

  @Nullable MergeMember member(String system) {
    for (MergeMember member : members) {
      if (member.system().equals(system)) {
        return member;
      }
    }
    return null;
  }
}
