package dev.unisono.testkit;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One standstill that a {@link FaultProxy} was asked for: the first connection that comes to its
 * point waits there until it is let go or cut. Safe for threads.
 */
public final class Hold implements AutoCloseable {
  private enum State {
    ARMED,
    REACHED,
    RELEASED,
    CUT
  }

  private final FaultPoint point;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private State state = State.ARMED;
  private long toPass;

  Hold(FaultPoint point, long toPass) {
    this.point = point;
    this.toPass = toPass;
  }

  /** True where a connection that has come to this point is to wait for {@link #go}. */
  boolean claims(FaultPoint reached) {
    lock.lock();
    try {
      if (state != State.ARMED || reached != point || toPass-- > 0) {
        return false;
      }
      become(State.REACHED);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits for what becomes of it: true where the connection goes on, false where it is cut. */
  boolean go() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (state == State.REACHED) {
        changed.await();
      }
      return state == State.RELEASED;
    } finally {
      lock.unlock();
    }
  }

  /** True where no connection is to wait here any more. */
  boolean over() {
    lock.lock();
    try {
      return state == State.RELEASED || state == State.CUT;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a connection stands still at the point.
   *
   * @return false where none did within the time
   */
  public boolean awaitReached(Duration atMost) throws InterruptedException {
    long leftNanos = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (state == State.ARMED) {
        if (leftNanos <= 0) {
          return false;
        }
        leftNanos = changed.awaitNanos(leftNanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Passes on what was withheld; where the point was not reached yet, it no longer counts. */
  public void release() {
    end(State.RELEASED);
  }

  /**
   * Drops what was withheld and cuts the connection on both sides; where the point was not reached
   * yet, it no longer counts. To be called after whoever is to be surprised was killed.
   */
  public void cut() {
    end(State.CUT);
  }

  private void end(State how) {
    lock.lock();
    try {
      if (state == State.ARMED || state == State.REACHED) {
        become(how);
      }
    } finally {
      lock.unlock();
    }
  }

  private void become(State next) {
    state = next;
    changed.signalAll();
  }

  /** The same as {@link #cut}. */
  @Override
  public void close() {
    cut();
  }
}
