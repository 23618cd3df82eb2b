package dev.unisono.cli;

import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How much of the time a system may be asked: after each answer it is left alone for so long that
 * the share holds. For one thread.
 */
final class LoadBudget {
  /** Waits. */
  @FunctionalInterface
  interface Pause {
    void nanos(long length) throws InterruptedException;
  }

  private final int percent;
  private final LongSupplier clock;
  private final Pause pause;
  private long askedNanos;

  /**
   * @param percent the share, 1 to 100
   * @param clock nanoseconds from any beginning
   */
  LoadBudget(int percent, LongSupplier clock, Pause pause) {
    this.percent = percent;
    this.clock = clock;
    this.pause = pause;
  }

  static LoadBudget of(int percent) {
    return new LoadBudget(
        percent, System::nanoTime, length -> Thread.sleep(java.time.Duration.ofNanos(length)));
  }

  /** Asks, and waits once there is an answer, or none. */
  <T> T ask(Supplier<T> question) {
    long began = clock.getAsLong();
    try {
      return question.get();
    } finally {
      long took = clock.getAsLong() - began;
      askedNanos += took;
      rest(took);
    }
  }

  private void rest(long took) {
    long length = took * (100 - percent) / percent;
    if (length > 0) {
      try {
        pause.nanos(length);
      } catch (InterruptedException stop) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** How long was asked so far, without the waiting. */
  long askedNanos() {
    return askedNanos;
  }
}
