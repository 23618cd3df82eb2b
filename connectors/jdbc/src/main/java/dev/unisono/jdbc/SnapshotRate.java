package dev.unisono.jdbc;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps snapshots and comparisons to a number of rows a second, so that the system that is read
 * does not suffer from them. What was not used is not saved up. For one thread.
 */
final class SnapshotRate {
  private final int rowsPerSecond;
  private final LongSupplier nanoTime;
  private long begunNanos;
  private long dueNanos;

  /**
   * @param rowsPerSecond 0 for no limit
   */
  SnapshotRate(int rowsPerSecond, LongSupplier nanoTime) {
    this.rowsPerSecond = rowsPerSecond;
    this.nanoTime = nanoTime;
    this.dueNanos = nanoTime.getAsLong();
  }

  /** How many of so many rows may be read at once: no more than in a second. */
  int atOnce(int rows) {
    return rowsPerSecond == 0 ? rows : Math.min(rows, rowsPerSecond);
  }

  /** How long until something may be read; 0 where it may be now, and is taken to begin now. */
  long waitNanos() {
    long now = nanoTime.getAsLong();
    if (rowsPerSecond > 0 && dueNanos - now > 0) {
      return dueNanos - now;
    }
    begunNanos = now;
    return 0;
  }

  /** So many rows were read since there was nothing to wait for. */
  void read(int rows) {
    if (rowsPerSecond > 0) {
      dueNanos = begunNanos + rows * TimeUnit.SECONDS.toNanos(1) / rowsPerSecond;
    }
  }
}
