package dev.unisono.mariadb;

import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the log did to one table while its snapshot is taken: a chunk stands at one place of the
 * log, and rows of it that were changed beyond that place lose to the change. For one thread.
 */
final class Touches {
  /** Beyond this only the place is remembered (invariant 7); a chunk before it is read again. */
  private static final int MOST = 500_000;

  /** Where the last transaction begins that touched a key; those touched last come last. */
  private final Map<Key, LogPlace> places = new LinkedHashMap<>();

  /** The last transaction that emptied the table; null where none did. */
  private @Nullable LogPlace emptied;

  /** The last transaction of which something is not remembered; null where all is. */
  private @Nullable LogPlace overflowed;

  /**
   * @param transaction where the transaction begins
   * @param key null for a truncate
   */
  void add(LogPlace transaction, @Nullable Key key, @Nullable Key previousKey) {
    if (key == null) {
      emptied = transaction;
      return;
    }
    touch(transaction, key);
    if (previousKey != null) {
      touch(transaction, previousKey);
    }
  }

  private void touch(LogPlace transaction, Key key) {
    places.remove(key);
    if (places.size() >= MOST) {
      overflowed = transaction;
    } else {
      places.put(key, transaction);
    }
  }

  /** Forgets what every later chunk will show: all that lies before this place. */
  void forgetBefore(LogPlace place) {
    Iterator<LogPlace> oldest = places.values().iterator();
    while (oldest.hasNext() && oldest.next().before(place)) {
      oldest.remove();
    }
    if (emptied != null && emptied.before(place)) {
      emptied = null;
    }
    if (overflowed != null && overflowed.before(place)) {
      overflowed = null;
    }
  }

  /** Whether too much happened beyond this place to tell what of it is still so. */
  boolean unknownFrom(LogPlace place) {
    return overflowed != null && !overflowed.before(place);
  }

  /**
   * What is left of a chunk that stands at a place.
   *
   * @param keys the chunk rows' keys, in the same order
   */
  List<Row> left(LogPlace place, List<Row> rows, List<Key> keys) {
    List<Row> left = new ArrayList<>(rows.size());
    if (emptied != null && !emptied.before(place)) {
      return left;
    }
    for (int i = 0; i < rows.size(); i++) {
      LogPlace touched = places.get(keys.get(i));
      if (touched == null || touched.before(place)) {
        left.add(rows.get(i));
      }
    }
    return left;
  }

  /**
   * Which of these keys, that a look-up did not find, nothing in the log has touched: whoever holds
   * them will hear of it from nobody else.
   */
  List<Key> untouched(LogPlace place, List<Key> missing) {
    if (emptied != null && !emptied.before(place)) {
      return List.of();
    }
    return missing.stream().distinct().filter(key -> !places.containsKey(key)).toList();
  }
}
