package dev.unisono.postgres;

import dev.unisono.spi.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Changes of a table whose snapshot has not begun. Its first chunk shows what they came to, and
 * until then a row of the table could refer to rows of another table that no chunk has brought yet.
 * So they are held back, and dropped once a chunk of any table was read that sees them: every later
 * one does. What is lost with the process is a transaction still invisible, and for its end the
 * first chunk after a restart waits. For one thread.
 */
final class Deferred {
  /** Beyond this nothing is held back any more (invariant 7): the order then is the log's. */
  private static final long MOST_BYTES = 16L << 20;

  private record Waiting(int transaction, Change change, int sizeBytes) {}

  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private long sizeBytes;

  /** Holds a change back; false where there is no room for it. */
  boolean add(int transaction, Change change, int changeBytes) {
    if (sizeBytes + changeBytes > MOST_BYTES) {
      return false;
    }
    sizeBytes += changeBytes;
    waiting.addLast(new Waiting(transaction, change, changeBytes));
    return true;
  }

  void forgetVisible(VisibilitySnapshot snapshot) {
    waiting.removeIf(each -> snapshot.sees(each.transaction()));
    sizeBytes = waiting.stream().mapToLong(Waiting::sizeBytes).sum();
  }

  /** All of it, in the log's order. */
  List<Change> all() {
    return waiting.stream().map(Waiting::change).toList();
  }

  /** What a chunk read in this snapshot does not show, in the log's order. */
  List<Change> unseen(VisibilitySnapshot snapshot) {
    List<Change> unseen = new ArrayList<>();
    for (Waiting each : waiting) {
      if (!snapshot.sees(each.transaction())) {
        unseen.add(each.change());
      }
    }
    return unseen;
  }
}
