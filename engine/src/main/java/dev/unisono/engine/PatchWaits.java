package dev.unisono.engine;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Journal;
import dev.unisono.engine.journal.JournalEntry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Finds the journal entry by which a caller's own write comes back: by the owner's transaction
 * number. Remembers numbers only while some caller waits. Safe for threads.
 */
final class PatchWaits implements AutoCloseable {
  private static final int READ_BYTES = 1 << 20;

  private record Transaction(String system, int entity, long number) {}

  private final Journal journal;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition came = lock.newCondition();
  private final Map<Transaction, Long> seen = new HashMap<>();
  private final Journal.Registration registration;
  private int waiters;
  private boolean closed;
  private long read;

  PatchWaits(Journal journal) {
    this.journal = journal;
    this.registration = journal.onCommit(this::committed);
  }

  /** To be called before the write is made, so that its return is not missed; close it after. */
  Wait begin(String system, Entity entity) {
    lock.lock();
    try {
      if (waiters++ == 0) {
        read = journal.head().sequence();
      }
      return new Wait(system, entity.id());
    } finally {
      lock.unlock();
    }
  }

  private void committed(long head) {
    lock.lock();
    try {
      while (waiters > 0 && read < head) {
        for (JournalEntry entry : journal.read(read, READ_BYTES)) {
          seen.put(
              new Transaction(entry.origin(), entry.entity().id(), entry.transaction()),
              entry.sequence());
          read = entry.sequence();
        }
      }
      came.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** One caller's wait. For one thread. */
  final class Wait implements AutoCloseable {
    private final String system;
    private final int entity;

    private Wait(String system, int entity) {
      this.system = system;
      this.entity = entity;
    }

    /**
     * The journal sequence of the last entry of the entity that the transaction made; null where it
     * did not come in time.
     */
    @Nullable Long await(long transaction, Duration atMost) throws InterruptedException {
      long leftNanos = atMost.toNanos();
      lock.lockInterruptibly();
      try {
        while (true) {
          Long sequence = seen.get(new Transaction(system, entity, transaction));
          if (sequence != null || leftNanos <= 0 || closed) {
            return sequence;
          }
          leftNanos = came.awaitNanos(leftNanos);
        }
      } finally {
        lock.unlock();
      }
    }

    /** True where nothing more will be seen. */
    boolean over() {
      lock.lock();
      try {
        return closed;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (--waiters == 0) {
          seen.clear();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void close() {
    registration.close();
    lock.lock();
    try {
      closed = true;
      came.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
