package dev.unisono.bench;

/**
 * Counts how long after their due moments events are delivered, in steps of {@value #STEP_MICROS}
 * microseconds. Counted by one thread, read by another once all has been counted.
 */
final class DeliveryTimes {
  private static final int STEP_MICROS = 50;

  /** Later than this counts as this. */
  private static final int MOST_MILLIS = 20_000;

  private final long[] counts = new long[MOST_MILLIS * 1_000 / STEP_MICROS];
  private long total;

  void add(long nanos) {
    int step = (int) Math.min(Math.max(nanos, 0) / (1_000L * STEP_MICROS), counts.length - 1L);
    counts[step]++;
    total++;
  }

  long total() {
    return total;
  }

  /**
   * The time that at least this share of all does not exceed, in milliseconds; 0 where nothing was
   * counted.
   *
   * @param percent above 0, at most 100
   */
  double percentile(double percent) {
    long rank = (long) Math.ceil(percent * total / 100);
    long seen = 0;
    for (int step = 0; step < counts.length; step++) {
      seen += counts[step];
      if (seen >= rank && seen > 0) {
        return (step + 1) * STEP_MICROS / 1e3;
      }
    }
    return 0;
  }
}
