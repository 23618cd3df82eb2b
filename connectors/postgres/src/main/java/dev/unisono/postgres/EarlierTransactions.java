package dev.unisono.postgres;

import dev.unisono.postgres.SideSession.Holder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Transactions that ran when the log began to be remembered. One may have committed in the log
 * before that and still not be visible: a chunk would then hold old rows that nothing in the log
 * corrects. So what is read waits until each has ended or was shown by the log. One of another
 * database cannot have touched our tables. Safe for threads.
 */
final class EarlierTransactions {
  private static final int SHOWN = 3;

  /** True where one that the log has shown is waited for, too. */
  private final boolean untilVisible;

  /** False where nothing is waited for, so that each transaction of the log costs one look. */
  private volatile boolean watching;

  /** Those that are waited for, by the number the log shows; null until they were asked for. */
  private @Nullable Map<Integer, Long> running;

  /** Shown by the log before it was known which are waited for. */
  private final Set<Integer> shown = new HashSet<>();

  private volatile @Nullable String waiting;

  /**
   * @param untilVisible true where the log may lack values of what they did, so that a chunk must
   *     see it: they wrote it before a column was published, and it is in the log as it was then
   */
  EarlierTransactions(boolean untilVisible) {
    this.untilVisible = untilVisible;
  }

  /** From the reader: from here on the log is remembered. */
  synchronized void begin() {
    running = null;
    shown.clear();
    watching = true;
  }

  /** From the reader: a transaction begins in the log. */
  void shown(int transaction) {
    if (watching && !untilVisible) {
      note(transaction);
    }
  }

  private synchronized void note(int transaction) {
    if (running == null) {
      shown.add(transaction);
    } else {
      running.remove(transaction);
    }
  }

  /** What is waited for, for people; null where nothing is. */
  @Nullable String waiting() {
    return waiting;
  }

  /** Whether all have passed; asked again and again by the thread that reads. */
  boolean passed(SideSession session) {
    if (!watching) {
      return true;
    }
    VisibilitySnapshot now = session.snapshot();
    Set<Long> left = left(now);
    if (!left.isEmpty()) {
      Map<Long, Holder> holders = session.holders(left);
      left.removeIf(transaction -> elsewhere(holders.get(transaction)));
      forgetAllBut(left);
      if (!left.isEmpty()) {
        waiting =
            left.stream()
                .limit(SHOWN)
                .map(transaction -> text(transaction, holders.get(transaction)))
                .collect(Collectors.joining("; "));
        return false;
      }
    }
    waiting = null;
    watching = false;
    return true;
  }

  private synchronized Set<Long> left(VisibilitySnapshot now) {
    Map<Integer, Long> waitedFor = running;
    if (waitedFor == null) {
      waitedFor = new HashMap<>();
      for (Long transaction : now.running()) {
        if (!shown.contains(transaction.intValue())) {
          waitedFor.put(transaction.intValue(), transaction);
        }
      }
      shown.clear();
      running = waitedFor;
    }
    waitedFor.values().removeIf(now::hasEnded);
    return new HashSet<>(waitedFor.values());
  }

  private static boolean elsewhere(@Nullable Holder holder) {
    return holder != null && holder.elsewhere();
  }

  private static String text(long transaction, @Nullable Holder holder) {
    return holder == null ? "transaction " + transaction : holder.text();
  }

  private synchronized void forgetAllBut(Set<Long> left) {
    if (running != null) {
      running.values().retainAll(left);
    }
  }
}
