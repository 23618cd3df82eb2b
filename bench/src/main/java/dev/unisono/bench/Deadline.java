package dev.unisono.bench;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A moment until which something is waited for. Immutable; safe for threads. */
final class Deadline {
  private final long nanos;
  private final Duration length;

  private Deadline(Duration length) {
    this.length = length;
    this.nanos = System.nanoTime() + length.toNanos();
  }

  /** What is waited for. */
  interface Condition {
    boolean holds() throws SQLException, InterruptedException;
  }

  static Deadline in(Duration length) {
    return new Deadline(length);
  }

  long remainingNanos() {
    return nanos - System.nanoTime();
  }

  /**
   * Asks again and again.
   *
   * @param what is waited for, for the message
   */
  void await(String what, long pauseMillis, Condition condition)
      throws SQLException, InterruptedException {
    while (!condition.holds()) {
      if (remainingNanos() < 0) {
        throw new BenchFailure("not within " + length.toSeconds() + " s: " + what);
      }
      TimeUnit.MILLISECONDS.sleep(pauseMillis);
    }
  }
}
