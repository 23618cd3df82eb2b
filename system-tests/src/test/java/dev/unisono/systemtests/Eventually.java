package dev.unisono.systemtests;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waiting for what must come to hold. Has no state; safe for threads. */
final class Eventually {
  private static final long PAUSE_MILLIS = 20;

  private Eventually() {}

  /** Something that holds or says why it does not. */
  interface Condition {
    /** Why it does not hold; empty where it does. */
    String whyNot() throws Exception;
  }

  /** A yes or no. */
  interface Question {
    boolean holds() throws Exception;
  }

  /** Waits until a condition holds; fails with its last reason when the time is over. */
  static void holds(Duration atMost, Condition condition) throws Exception {
    long deadlineNanos = System.nanoTime() + atMost.toNanos();
    while (true) {
      String why = condition.whyNot();
      if (why.isEmpty()) {
        return;
      }
      if (System.nanoTime() > deadlineNanos) {
        throw new AssertionError("not so within " + atMost.toSeconds() + " s: " + why);
      }
      TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
    }
  }

  static void isTrue(Duration atMost, String what, Question question) throws Exception {
    holds(atMost, () -> question.holds() ? "" : what);
  }
}
