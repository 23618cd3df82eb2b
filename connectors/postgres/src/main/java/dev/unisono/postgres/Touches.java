package dev.unisono.postgres;

import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What transactions of the log did to one table while its snapshot is taken, for as long as a chunk
 * might not see them. The log shows a commit before other sessions see it, so a chunk can hold rows
 * that are older than what was already handed over: those rows lose. For one thread.
 */
final class Touches {
  /**
   * Beyond this nothing is remembered but that there was more (invariant 7); the chunk is then read
   * again.
   */
  private static final int MOST = 500_000;

  /**
   * One change.
   *
   * @param key null for a truncate
   * @param partial the row after, where it lacks fields; null where it is whole or deleted
   * @param deleted true for a delete
   */
  private record Touch(
      int transaction,
      @Nullable Key key,
      @Nullable Key previousKey,
      @Nullable Row partial,
      boolean deleted) {}

  private final ArrayDeque<Touch> touches = new ArrayDeque<>();

  /** The latest transaction of which something is not remembered. */
  private int overflowed;

  private boolean overflow;

  void add(
      int transaction,
      @Nullable Key key,
      @Nullable Key previousKey,
      @Nullable Row after,
      boolean deleted) {
    if (touches.size() >= MOST) {
      // The later number of the two, across the wrap.
      overflowed = overflow && overflowed - transaction > 0 ? overflowed : transaction;
      overflow = true;
      return;
    }
    touches.addLast(
        new Touch(
            transaction,
            key,
            previousKey,
            after != null && after.partial() ? after : null,
            deleted));
  }

  /** Forgets what every later chunk will see. */
  void forgetVisible(VisibilitySnapshot snapshot) {
    touches.removeIf(touch -> snapshot.sees(touch.transaction()));
    overflow &= !snapshot.seesAllThrough(overflowed);
  }

  /**
   * A record that was touched and lives.
   *
   * @param origin its key as the chunk has it
   * @param partial what the log has shown of it; null where that was the whole row
   */
  private record Moved(Key origin, @Nullable Row partial) {}

  /**
   * What is left of a chunk: rows that nobody touched, and touched rows completed where the log
   * left fields out.
   *
   * @param keys the chunk rows' keys, in the same order
   * @return null where too much happened to tell; the chunk has to be read again
   */
  @Nullable List<Row> resolve(VisibilitySnapshot snapshot, List<Row> rows, List<Key> keys) {
    if (overflow && !snapshot.seesAllThrough(overflowed)) {
      return null;
    }
    Set<Key> lost = new HashSet<>();
    Map<Key, Moved> incomplete = new HashMap<>();
    boolean allLost = false;
    for (Touch touch : touches) {
      if (snapshot.sees(touch.transaction())) {
        continue;
      }
      Key key = touch.key();
      if (key == null) {
        allLost = true;
        incomplete.clear();
        continue;
      }
      Key before = touch.previousKey() == null ? key : touch.previousKey();
      lost.add(key);
      lost.add(before);
      follow(touch, key, before, incomplete);
    }
    List<Row> left = new ArrayList<>(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      if (!allLost && !lost.contains(keys.get(i))) {
        left.add(rows.get(i));
      }
    }
    if (!allLost && !incomplete.isEmpty()) {
      complete(rows, keys, incomplete, left);
    }
    return left;
  }

  /**
   * Which of these keys, that a look-up did not find, nothing in the log has touched since: whoever
   * holds them will hear of it from nobody else. What was touched has its end in the log, whether
   * the look-up saw it or not.
   *
   * @return null where too much happened to tell; the keys have to be looked up again
   */
  @Nullable List<Key> untouched(VisibilitySnapshot snapshot, List<Key> missing) {
    if (overflow && !snapshot.seesAllThrough(overflowed)) {
      return null;
    }
    Set<Key> left = new LinkedHashSet<>(missing);
    for (Touch touch : touches) {
      Key key = touch.key();
      if (key == null) {
        return List.of();
      }
      left.remove(key);
      if (touch.previousKey() != null) {
        left.remove(touch.previousKey());
      }
    }
    return List.copyOf(left);
  }

  private static void follow(Touch touch, Key key, Key before, Map<Key, Moved> incomplete) {
    Moved moved = incomplete.remove(before);
    if (touch.deleted()) {
      return;
    }
    Key origin = moved == null ? before : moved.origin();
    Row partial = touch.partial();
    if (partial == null || (moved != null && moved.partial() == null)) {
      // Once the whole row was shown, nothing can be missing from what follows.
      incomplete.put(key, new Moved(origin, null));
      return;
    }
    Row known = moved == null || moved.partial() == null ? partial : partial.over(moved.partial());
    incomplete.put(key, new Moved(origin, known.partial() ? known : null));
  }

  /** A chunk row that lost still fills what the change that beat it left out. */
  private static void complete(
      List<Row> rows, List<Key> keys, Map<Key, Moved> incomplete, List<Row> left) {
    Map<Key, Row> byKey = new HashMap<>();
    for (int i = 0; i < rows.size(); i++) {
      byKey.put(keys.get(i), rows.get(i));
    }
    for (Moved moved : incomplete.values()) {
      Row old = byKey.get(moved.origin());
      Row partial = moved.partial();
      if (old != null && partial != null) {
        left.add(partial.over(old));
      }
    }
  }
}
