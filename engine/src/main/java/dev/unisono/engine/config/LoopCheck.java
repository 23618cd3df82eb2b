package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether what one sync writes is read by another that leads back to where it began. A sync with
 * several readers ends such a circle, since it passes nothing on that changes nothing; syncs with
 * one reader write whatever they read, without end. Has no state.
 */
final class LoopCheck {
  private LoopCheck() {}

  /** A table of a system. Immutable. */
  private record Place(String system, String table) {
    static Place of(MemberConfig member) {
      String table = member.binding().table().replace("\"", "").toLowerCase(Locale.ROOT);
      return new Place(
          member.system(),
          table.startsWith("public.") ? table.substring("public.".length()) : table);
    }

    @Override
    public String toString() {
      return system + "." + table;
    }
  }

  /** What a sync carries from one table to another. Immutable. */
  private record Way(String sync, Place from, Place to) {}

  /**
   * How a sync's rows come back to where they were read.
   *
   * @return a sentence; null where they do not
   */
  static @Nullable String circle(SyncConfig sync, List<SyncConfig> all) {
    List<Way> ways = new ArrayList<>();
    all.stream().filter(each -> !each.merges()).forEach(each -> addWays(each, ways));
    List<Way> own = new ArrayList<>();
    if (!sync.merges()) {
      addWays(sync, own);
    }
    for (Way first : own) {
      List<Way> back = back(first, ways);
      if (!back.isEmpty()) {
        StringBuilder circle = new StringBuilder(first.from().toString());
        back.forEach(way ->
            circle.append(" → ").append(way.to()).append(" (").append(way.sync()).append(')'));
        return circle.toString();
      }
    }
    return null;
  }

  private static void addWays(SyncConfig sync, List<Way> ways) {
    for (MemberConfig reader : sync.members()) {
      for (MemberConfig writer : sync.members()) {
        if (reader.reads() && writer.writes() && !reader.equals(writer)) {
          ways.add(new Way(sync.name(), Place.of(reader), Place.of(writer)));
        }
      }
    }
  }

  /** The shortest circle that begins with a way; empty where there is none. */
  private static List<Way> back(Way first, List<Way> ways) {
    Deque<List<Way>> open = new ArrayDeque<>(List.of(List.of(first)));
    Set<Place> seen = new HashSet<>();
    while (!open.isEmpty()) {
      List<Way> path = open.remove();
      Place end = path.getLast().to();
      if (end.equals(first.from())) {
        return path;
      }
      if (seen.add(end)) {
        for (Way way : ways) {
          if (way.from().equals(end)) {
            List<Way> longer = new ArrayList<>(path);
            longer.add(way);
            open.add(longer);
          }
        }
      }
    }
    return List.of();
  }
}
