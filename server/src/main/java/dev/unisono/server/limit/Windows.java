package dev.unisono.server.limit;

/**
 * The two windows, whose state is which window of the clock it is, and how many passed in it and in
 * the one before. A fixed window looks at its own; a sliding one looks back as long as a window is,
 * taking for the part of the one before that it still sees as many as passed there on average. Has
 * no state of its own.
 */
final class Windows {
  private static final int INDEX = 0;
  private static final int NOW = 1;
  private static final int BEFORE = 2;

  private Windows() {}

  static void turn(Level level, long[] state, int at, long now) {
    long index = now / level.windowTicks();
    long turned = index - state[at + INDEX];
    if (turned <= 0) {
      return; // A clock that was set back gives nothing.
    }
    state[at + BEFORE] = turned == 1 ? state[at + NOW] : 0;
    state[at + NOW] = 0;
    state[at + INDEX] = index;
  }

  /** Ticks since the window has begun; none where the clock was set back. */
  private static long passed(Level level, long[] state, int at, long now) {
    return Math.max(0, now - state[at + INDEX] * level.windowTicks());
  }

  static long untilNext(Level level, long[] state, int at, long now) {
    return level.windowTicks() - passed(level, state, at, now);
  }

  static long askFixed(Level level, long[] state, int at, long now, long cost) {
    return state[at + NOW] + cost <= level.amount() ? 0 : -untilNext(level, state, at, now);
  }

  static long askSliding(Level level, long[] state, int at, long now, long cost) {
    long passed = passed(level, state, at, now);
    long due = due(level, state[at + BEFORE], level.amount() - state[at + NOW] - cost);
    if (due >= 0 && due < level.windowTicks()) {
      return due <= passed ? 0 : passed - due;
    }
    // Not in this window any more: in the next one this is the one before.
    long next = due(level, state[at + NOW], level.amount() - cost);
    return passed - level.windowTicks() - next;
  }

  /**
   * From which tick of a window on the one before leaves room.
   *
   * @param room how many of the one before may still count
   * @return below zero where it never does
   */
  private static long due(Level level, long before, long room) {
    if (room < 0) {
      return -1;
    }
    return before <= room ? 0 : level.windowTicks() - room * level.windowTicks() / before;
  }

  static long remaining(Level level, long[] state, int at, long now) {
    long left = level.windowTicks() - passed(level, state, at, now);
    long before = Math.ceilDiv(state[at + BEFORE] * Math.max(0, left), level.windowTicks());
    return Math.max(0, level.amount() - state[at + NOW] - before);
  }

  static long untilForgotten(Level level, long[] state, int at, long now) {
    long left = untilNext(level, state, at, now);
    return state[at + NOW] > 0 ? left + level.windowTicks() : state[at + BEFORE] > 0 ? left : 0;
  }
}
