package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import java.util.List;
import java.util.Objects;

/** Whether the members of a sync can be matched as their entity asks for. Has no state. */
final class MatchCheck {
  private MatchCheck() {}

  static void check(YamlMap map, SyncConfig sync, EntityConfig entity) {
    if (entity.match().isEmpty()) {
      return;
    }
    if (!sync.merges()) {
      map.note(
          "entity",
          "wrong-value",
          "The entity has match rules, and only one member is read: there is nothing to match.",
          "Leave 'match' out of the entity, or give more members direction: both.");
      return;
    }
    for (MemberConfig member : sync.members()) {
      if (!member.reads()) {
        map.note(
            "members",
            "not-available",
            member.system()
                + " is only written, and cannot be where records are matched: it would need a key of"
                + " its own for each.",
            "Give it direction: both.");
      } else if (entity.match().exact().stream().noneMatch(rule -> has(member, entity, rule))
          && entity.match().fuzzy().stream().noneMatch(rule -> has(member, entity, rule))) {
        map.note(
            "members",
            "wrong-value",
            member.system() + " has the fields of none of the match rules.",
            "Add a rule of fields that it has.");
      }
    }
  }

  private static boolean has(MemberConfig member, EntityConfig entity, List<String> rule) {
    return rule.stream()
        .allMatch(field ->
            member.binding().column(Objects.requireNonNull(entity.schema().find(field))) != null);
  }

  /** Whether it has all of a block's fields, and as much of what is compared as must be there. */
  private static boolean has(MemberConfig member, EntityConfig entity, FuzzyRule rule) {
    double all = 0;
    double there = 0;
    for (FuzzyRule.Comparison comparison : rule.compare()) {
      all += comparison.weight();
      there += has(member, entity, comparison.fields()) ? comparison.weight() : 0;
    }
    return there >= rule.present() * all
        && rule.block().stream().anyMatch(key -> has(member, entity, key.fields()));
  }
}
