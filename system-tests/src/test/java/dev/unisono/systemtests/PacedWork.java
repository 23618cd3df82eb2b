package dev.unisono.systemtests;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Work done step by step on a thread of its own, as far as it has been allowed to go: so that a
 * test can end the server in the middle of it. Safe for threads.
 */
final class PacedWork implements AutoCloseable {
  private final Step step;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Thread thread;
  private long allowed;
  private long done;
  private @Nullable Exception failure;

  /** One step of the work. */
  interface Step {
    /** Does some operations and says how many. */
    int run() throws Exception;
  }

  PacedWork(Step step) {
    this.step = step;
    this.thread = Thread.ofPlatform().daemon().name("paced-work").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        awaitAllowance();
        int operations = step.run();
        update(operations, null);
      }
    } catch (InterruptedException closed) {
      Thread.currentThread().interrupt();
    } catch (Exception failed) {
      update(0, failed);
    }
  }

  private void awaitAllowance() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (done >= allowed) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void update(int operations, @Nullable Exception failed) {
    lock.lock();
    try {
      done += operations;
      failure = failed;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets it go on for this many operations more; the last step may do a few beyond. */
  void allow(long operations) {
    lock.lock();
    try {
      allowed += operations;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all but this many of the operations allowed so far are done. */
  void awaitAllBut(long left, Duration atMost) throws InterruptedException {
    long leftNanos = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (failure == null && allowed - done > left) {
        if (leftNanos <= 0) {
          throw new AssertionError("only " + done + " of " + allowed + " operations were done");
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      if (failure != null) {
        throw new AssertionError("the work has failed", failure);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(10_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
