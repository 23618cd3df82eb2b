package dev.unisono.jdbc;

import java.util.concurrent.TimeUnit;

/** How fast a snapshot is read, by its last chunks. Safe for threads. */
final class SnapshotPace {
  /** How much of what was known before stays with each chunk. */
  private static final double KEPT = 0.8;

  private long lastNanos;
  private boolean running;
  private double rowsPerSecond;

  /** A chunk has been read. */
  synchronized void read(int rows) {
    long now = System.nanoTime();
    if (running) {
      double seconds = Math.max(1, now - lastNanos) / (double) TimeUnit.SECONDS.toNanos(1);
      double present = rows / seconds;
      rowsPerSecond = rowsPerSecond == 0 ? present : KEPT * rowsPerSecond + (1 - KEPT) * present;
    }
    running = true;
    lastNanos = now;
  }

  /** The time until the next chunk tells nothing. */
  synchronized void interrupted() {
    running = false;
    rowsPerSecond = 0;
  }

  synchronized double rowsPerSecond() {
    return rowsPerSecond;
  }
}
