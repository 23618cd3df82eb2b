package dev.unisono.bench;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Takes down how long after their due moment changes arrive. A change carries the moment its commit
 * was due, not the one it was sent at: what a slow answer holds up counts as late (no coordinated
 * omission). Told by one thread, awaited by another.
 */
final class Arrivals {
  private final InstantSource clock;
  private final long firstMeasured;
  private final double[] millis;
  private final CountDownLatch missing;
  private int arrived;

  /**
   * @param firstMeasured changes with a smaller number warm up and are not measured
   * @param measured how many follow
   */
  Arrivals(InstantSource clock, long firstMeasured, int measured) {
    this.clock = clock;
    this.firstMeasured = firstMeasured;
    this.millis = new double[measured];
    this.missing = new CountDownLatch(measured);
  }

  static Arrivals of(Parameters parameters, InstantSource clock) {
    return new Arrivals(
        clock, parameters.number("first"), Math.toIntExact(parameters.number("measured")));
  }

  /** Microseconds since 1970, as a due moment is written into its row. */
  static long micros(Instant instant) {
    return instant.getEpochSecond() * 1_000_000 + instant.getNano() / 1_000;
  }

  void arrived(long number, long dueMicros) {
    if (number < firstMeasured || arrived == millis.length) {
      return;
    }
    millis[arrived++] = (micros(clock.instant()) - dueMicros) / 1e3;
    missing.countDown();
  }

  /** Waits for all that are measured. */
  Map<String, Number> await() throws InterruptedException {
    missing.await();
    return describe(Samples.of(millis));
  }

  static Map<String, Number> describe(Samples samples) {
    return Map.of(
        "p50", samples.percentile(50), "p99", samples.percentile(99), "max", samples.max());
  }
}
