package dev.unisono.server.limit;

/**
 * The two buckets, whose state is how much of them is used, and since when. Both give back at the
 * pace of their level. A token bucket lets pass what it holds at once and has the rest wait; a
 * leaky bucket has everything wait for what came before it. Has no state of its own.
 */
final class Buckets {
  private static final int USED = 0;
  private static final int SINCE = 1;

  private Buckets() {}

  static void drain(Level level, long[] state, int at, long now) {
    long used = state[at + USED];
    long passed = now - state[at + SINCE];
    if (passed <= 0 && used > 0) {
      return; // A clock that was set back gives nothing.
    }
    state[at + USED] =
        used == 0 || passed >= Math.ceilDiv(used, level.amount())
            ? 0
            : used - passed * level.amount();
    state[at + SINCE] = now;
  }

  static long askTokens(Level level, long used, long cost) {
    long over = used + (cost - level.capacity()) * level.windowTicks();
    long wait = over <= 0 ? 0 : Math.ceilDiv(over, level.amount());
    return wait <= level.patienceTicks() ? wait : -wait;
  }

  static long askPlace(Level level, long used, long cost) {
    long over = used + (cost - level.capacity()) * level.windowTicks();
    long untilPlace = over <= 0 ? 0 : Math.ceilDiv(over, level.amount());
    long turn = Math.ceilDiv(used, level.amount());
    return untilPlace == 0 && turn <= level.patienceTicks()
        ? turn
        : -Math.max(untilPlace, turn - level.patienceTicks());
  }

  /** How many find a place whose turn comes early enough. */
  static long places(Level level, long used) {
    long early = level.patienceTicks() * level.amount() - used;
    return early < 0
        ? 0
        : Math.max(
            0,
            Math.min(
                (level.capacity() * level.windowTicks() - used) / level.windowTicks(),
                early / level.windowTicks() + 1));
  }
}
