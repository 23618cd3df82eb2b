package dev.unisono.postgres;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How much log a system may have to keep for us before its slot is let go, and whether that has
 * happened: a slot that is missing then is missed by nobody's mistake. Safe for threads.
 */
final class LogBudget {
  /** From this part of it on, people are warned. */
  static final double WARNING_SHARE = 0.5;

  private final long bytes;
  private final AtomicBoolean letGo = new AtomicBoolean();

  /**
   * @param bytes 0 for no budget
   */
  LogBudget(long bytes) {
    this.bytes = bytes;
  }

  /** 0 where there is no budget. */
  long bytes() {
    return bytes;
  }

  boolean warns(long retainedBytes) {
    return bytes > 0 && retainedBytes >= bytes * WARNING_SHARE;
  }

  boolean exceeded(long retainedBytes) {
    return bytes > 0 && retainedBytes > bytes;
  }

  /** The slot is being dropped for it. */
  void letGo() {
    letGo.set(true);
  }

  boolean hasLetGo() {
    return letGo.get();
  }

  /** There is a new slot. */
  void begun() {
    letGo.set(false);
  }
}
