package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.Config.SystemConfig;
import java.util.List;
import java.util.Map;

/** What is asked of members whose systems are read by queries, and only of them. Has no state. */
final class QueryCheck {
  private QueryCheck() {}

  static void check(YamlMap sync, SyncConfig made, Map<String, SystemConfig> systems) {
    List<YamlMap> members = sync.maps("members");
    for (MemberConfig member : made.members()) {
      SystemConfig system = systems.get(member.system());
      YamlMap written =
          members.stream()
              .filter(each -> each.path().equals(member.binding().configPath()))
              .findFirst()
              .orElse(null);
      if (system != null && written != null) {
        check(written, made, member, system.connector().readsByQuery());
      }
    }
  }

  private static void check(
      YamlMap written, SyncConfig made, MemberConfig member, boolean byQuery) {
    boolean cursor = member.binding().cursor() != null;
    if (cursor && !(byQuery && member.reads())) {
      written.note(
          "cursor",
          "not-available",
          member.reads()
              ? "This system shows its changes without a cursor column."
              : "A cursor column has a meaning only for a member that is read.",
          "Leave it out.");
    }
    if (byQuery && member.reads() && !cursor && made.refresh() == null) {
      written.note(
          "table",
          "never-read-again",
          "The table would be read once and never again.",
          "Name a cursor column, or say at the sync how often it is read: refresh: 15m.");
    }
  }
}
