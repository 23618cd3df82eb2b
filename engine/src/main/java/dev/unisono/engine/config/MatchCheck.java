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
      } else if (entity.match().stream().noneMatch(rule -> has(member, entity, rule))) {
        map.note(
            "members",
            "wrong-value",
            member.system() + " has the fields of none of the match rules.",
            "Add a rule of fields that it has: " + entity.match() + ".");
      }
    }
  }

  private static boolean has(MemberConfig member, EntityConfig entity, List<String> rule) {
    return rule.stream()
        .allMatch(field ->
            member.binding().column(Objects.requireNonNull(entity.schema().find(field))) != null);
  }
}
