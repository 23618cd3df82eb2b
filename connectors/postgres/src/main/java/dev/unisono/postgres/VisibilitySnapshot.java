package dev.unisono.postgres;

import java.util.HashSet;
import java.util.Set;

/**
 * What {@code pg_current_snapshot()} says: which transactions a query could see. Immutable.
 *
 * @param xmin every transaction before it had ended
 * @param xmax no transaction from it on had
 * @param running those in between that had not
 */
record VisibilitySnapshot(long xmin, long xmax, Set<Long> running) {
  private static final long EPOCH = 1L << 32;

  static VisibilitySnapshot parse(String text) {
    String[] parts = text.split(":", -1);
    Set<Long> running = new HashSet<>();
    if (!parts[2].isEmpty()) {
      for (String number : parts[2].split(",", -1)) {
        running.add(Long.parseLong(number));
      }
    }
    return new VisibilitySnapshot(
        Long.parseLong(parts[0]), Long.parseLong(parts[1]), Set.copyOf(running));
  }

  /** Whether what a transaction of the log did can be seen; the log gives 32 of 64 bits. */
  boolean sees(int logTransaction) {
    long transaction = whole(logTransaction);
    return transaction < xmin || (transaction < xmax && !running.contains(transaction));
  }

  /** Whether it sees this transaction of the log and every one with a number before it. */
  boolean seesAllThrough(int logTransaction) {
    return whole(logTransaction) < xmin;
  }

  /** Whether a transaction that ran in an earlier snapshot has ended in this one. */
  boolean hasEnded(long transaction) {
    return transaction < xmin || (transaction < xmax && !running.contains(transaction));
  }

  /** The transaction number nearest to this snapshot with these low 32 bits. */
  private long whole(int low) {
    long candidate = (xmax & -EPOCH) | (low & 0xFFFFFFFFL);
    if (candidate > xmax + EPOCH / 2) {
      return candidate - EPOCH;
    }
    return candidate < xmax - EPOCH / 2 ? candidate + EPOCH : candidate;
  }
}
