package dev.unisono.postgres;

import dev.unisono.spi.Key;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keys that rows were moved to while a snapshot is taken, of which the log showed only a part: such
 * a row may come from where no chunk has been and lie where every chunk has passed, so it is read
 * once more under its new key. Safe for threads.
 */
final class Strays {
  /** Beyond this nothing is remembered (invariant 7); the snapshot then begins anew. */
  private static final int MOST = 10_000;

  /** Each key with the transaction that moved a row there; null for one that all chunks see. */
  private final Map<Key, @Nullable Integer> keys = new LinkedHashMap<>();

  /** Remembers a key; false where there is no room for it. */
  synchronized boolean add(Key key, @Nullable Integer transaction) {
    if (keys.size() >= MOST && !keys.containsKey(key)) {
      return false;
    }
    keys.put(key, transaction);
    return true;
  }

  synchronized boolean contains(Key key) {
    return keys.containsKey(key);
  }

  synchronized boolean isEmpty() {
    return keys.isEmpty();
  }

  synchronized List<Key> all() {
    return List.copyOf(keys.keySet());
  }

  /** The oldest of them. */
  synchronized List<Key> first(int count) {
    return keys.keySet().stream().limit(count).toList();
  }

  /** These were asked for in a snapshot: what it sees has been found. */
  synchronized void found(Collection<Key> asked, VisibilitySnapshot snapshot) {
    for (Key key : asked) {
      Integer transaction = keys.get(key);
      if (transaction == null || snapshot.sees(transaction)) {
        keys.remove(key);
      }
    }
  }

  synchronized void clear() {
    keys.clear();
  }
}
