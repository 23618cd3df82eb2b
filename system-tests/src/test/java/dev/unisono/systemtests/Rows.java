package dev.unisono.systemtests;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * All rows of an entity as one place has them, each as one line of text, by key. Immutable.
 *
 * @param where the place, for messages
 */
record Rows(String where, SortedMap<Long, String> byKey) {
  private static final int MOST_SHOWN = 5;
  private static final int CONTEXT = 60;

  /** How another place differs from this one; empty where it does not. */
  String difference(Rows other) {
    if (byKey.equals(other.byKey)) {
      return "";
    }
    TreeSet<Long> keys = new TreeSet<>(byKey.keySet());
    keys.addAll(other.byKey.keySet());
    List<String> shown = new ArrayList<>();
    int different = 0;
    for (Long key : keys) {
      String here = byKey.getOrDefault(key, "(none)");
      String there = other.byKey.getOrDefault(key, "(none)");
      if (!here.equals(there) && different++ < MOST_SHOWN) {
        shown.add(
            "\n  "
                + key
                + "\n    "
                + where
                + ": "
                + around(here, there)
                + "\n    "
                + other.where
                + ": "
                + around(there, here));
      }
    }
    return different
        + " of "
        + keys.size()
        + " rows differ between "
        + where
        + " and "
        + other.where
        + String.join("", shown);
  }

  /** The part of a line where it first differs from another one. */
  private static String around(String line, String other) {
    int i = 0;
    while (i < line.length() && i < other.length() && line.charAt(i) == other.charAt(i)) {
      i++;
    }
    int from = Math.max(0, i - CONTEXT);
    int to = Math.min(line.length(), i + CONTEXT);
    return (from > 0 ? "…" : "") + line.substring(from, to) + (to < line.length() ? "…" : "");
  }
}
