package dev.unisono.engine.merge;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Shortens the paths of the versions of one thing that anybody may still hold. Between two places
 * at which somebody stands, or ways part, nothing can be added any more: of the letters between
 * only the first is kept, by which that way is compared with others. So the order of all versions
 * stays what it was, with all that can still be made on them, and a path is never longer than the
 * number of those who hold something, but for a few letters (invariant 7). Has no state; safe for
 * threads, as long as each record is for one.
 */
final class Lineage {
  /** Only longer paths are worth the work. */
  private static final int SHORT = 8;

  private Lineage() {}

  /** Shortens the paths of a field's versions where the present one is long. */
  static void shorten(MergedRecord record, int field) {
    if (isShort(record.stamps[field])) {
      return;
    }
    NavigableSet<String> held = new TreeSet<>();
    held.add(path(record.stamps[field]));
    for (MemberView view : record.members) {
      held.add(path(view.seen[field]));
      Pending pending = view.pending;
      if (pending != null && pending.stamp(field) != null) {
        held.add(path(pending.stamp(field)));
      }
    }
    Map<String, String> names = shortened(held);
    record.stamps[field] = named(record.stamps[field], names);
    for (MemberView view : record.members) {
      view.seen[field] = named(view.seen[field], names);
      Pending pending = view.pending;
      if (pending != null) {
        @Nullable Stamp[] stamps = pending.stamps();
        stamps[field] = named(stamps[field], names);
        view.pending = pending.renamed(stamps, pending.existence());
      }
    }
  }

  /** Shortens the paths of the versions of a record's existence where the present one is long. */
  static void shortenExistence(MergedRecord record) {
    if (isShort(record.existence)) {
      return;
    }
    NavigableSet<String> held = new TreeSet<>();
    held.add(path(record.existence));
    for (MemberView view : record.members) {
      held.add(path(view.seenExistence));
      Pending pending = view.pending;
      if (pending != null && pending.existence() != null) {
        held.add(path(pending.existence()));
      }
    }
    Map<String, String> names = shortened(held);
    record.existence = named(record.existence, names);
    for (MemberView view : record.members) {
      view.seenExistence = named(view.seenExistence, names);
      Pending pending = view.pending;
      if (pending != null) {
        view.pending = pending.renamed(pending.stamps(), named(pending.existence(), names));
      }
    }
  }

  private static boolean isShort(@Nullable Stamp stamp) {
    return path(stamp).length() <= SHORT;
  }

  /** Who holds nothing stands where all ways begin. */
  private static String path(@Nullable Stamp stamp) {
    return stamp == null ? "" : stamp.path();
  }

  private static @Nullable Stamp named(@Nullable Stamp stamp, Map<String, String> names) {
    return stamp == null ? null : stamp.along(Objects.requireNonNull(names.get(stamp.path())));
  }

  /** Gives for each path that is held the one to take its place. */
  static Map<String, String> shortened(NavigableSet<String> held) {
    Map<String, String> shortened = new HashMap<>();
    for (String path : held) {
      StringBuilder kept = new StringBuilder();
      boolean first = true;
      for (int length = 1; length <= path.length(); length++) {
        if (first) {
          kept.append(path.charAt(length - 1));
        }
        first = held.contains(path.substring(0, length)) || partsAt(held, path, length);
      }
      shortened.put(path, kept.toString());
    }
    return shortened;
  }

  /** How many letters two paths have in common, from the first on. */
  static int common(String one, String other) {
    int shorter = Math.min(one.length(), other.length());
    int length = 0;
    while (length < shorter && one.charAt(length) == other.charAt(length)) {
      length++;
    }
    return length;
  }

  /** Whether another path shares just so many letters with this one, and goes on otherwise. */
  private static boolean partsAt(NavigableSet<String> held, String path, int length) {
    if (length == path.length()) {
      return false;
    }
    for (String other : held) {
      if (other.length() > length
          && other.startsWith(path.substring(0, length))
          && other.charAt(length) != path.charAt(length)) {
        return true;
      }
    }
    return false;
  }
}
