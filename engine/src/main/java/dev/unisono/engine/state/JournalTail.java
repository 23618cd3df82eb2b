package dev.unisono.engine.state;

import dev.unisono.engine.journal.JournalEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries of the journal, kept in memory up to a number of bytes (invariant 7), and the
 * journal's head. Safe for threads.
 */
final class JournalTail {
  private record Run(List<JournalEntry> entries, long first, long last, long sizeBytes) {
    long bytesPerEntry() {
      return Math.max(64, sizeBytes / entries.size());
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition grown = lock.newCondition();
  private final ArrayDeque<Run> runs = new ArrayDeque<>();
  private final long budgetBytes;
  private long heldBytes;
  private long head;

  JournalTail(long head, long budgetBytes) {
    this.head = head;
    this.budgetBytes = budgetBytes;
  }

  long head() {
    lock.lock();
    try {
      return head;
    } finally {
      lock.unlock();
    }
  }

  void append(List<JournalEntry> entries, long sizeBytes) {
    long first = entries.getFirst().sequence();
    long last = entries.getLast().sequence();
    lock.lock();
    try {
      runs.addLast(new Run(entries, first, last, sizeBytes));
      heldBytes += sizeBytes;
      while (heldBytes > budgetBytes && runs.size() > 1) {
        heldBytes -= runs.removeFirst().sizeBytes();
      }
      head = last;
      grown.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Some entries after a sequence; null where memory does not hold the next one. */
  @Nullable List<JournalEntry> read(long after, int maximumBytes) {
    lock.lock();
    try {
      if (after >= head) {
        return List.of();
      }
      if (runs.isEmpty() || runs.getFirst().first() > after + 1) {
        return null;
      }
      List<JournalEntry> found = new ArrayList<>();
      long bytes = 0;
      for (Run run : runs) {
        if (run.last() <= after) {
          continue;
        }
        int from = (int) Math.max(0, after + 1 - run.first());
        int room = (int) Math.max(1, (maximumBytes - bytes) / run.bytesPerEntry());
        int to = Math.min(run.entries().size(), from + room);
        found.addAll(run.entries().subList(from, to));
        bytes += (to - from) * run.bytesPerEntry();
        if (bytes >= maximumBytes || to < run.entries().size()) {
          break;
        }
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException {
    long leftNanos = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (head <= sequence) {
        if (leftNanos <= 0) {
          return false;
        }
        leftNanos = grown.awaitNanos(Math.min(leftNanos, TimeUnit.DAYS.toNanos(1)));
      }
      return true;
    } finally {
      lock.unlock();
    }
  }
}
