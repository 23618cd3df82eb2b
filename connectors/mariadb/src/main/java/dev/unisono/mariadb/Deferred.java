package dev.unisono.mariadb;

import dev.unisono.spi.Change;
import java.util.ArrayDeque;
import java.util.List;

/**
 * Changes of a table whose snapshot has not begun. Its first chunk shows what they came to, and
 * until then a row of the table could refer to rows of another table that no chunk has brought yet.
 * So they are held back, and dropped once any chunk stands beyond them: every later one does, after
 * a restart, too. For one thread.
 */
final class Deferred {
  /** Beyond this nothing is held back any more (invariant 7): the order then is the log's. */
  private static final long MOST_BYTES = 16L << 20;

  private record Waiting(LogPlace transaction, Change change, int sizeBytes) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long sizeBytes;

  /** Holds a change back; false where there is no room for it. */
  boolean add(LogPlace transaction, Change change, int changeBytes) {
    if (sizeBytes + changeBytes > MOST_BYTES) {
      return false;
    }
    sizeBytes += changeBytes;
    waiting.addLast(new Waiting(transaction, change, changeBytes));
    return true;
  }

  void forgetBefore(LogPlace place) {
    while (!waiting.isEmpty() && waiting.getFirst().transaction().before(place)) {
      sizeBytes -= waiting.removeFirst().sizeBytes();
    }
  }

  /** All of it, in the log's order. */
  List<Change> all() {
    return waiting.stream().map(Waiting::change).toList();
  }
}
