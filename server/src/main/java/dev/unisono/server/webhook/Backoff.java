package dev.unisono.server.webhook;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the next attempt: any time up to a limit that doubles with each failure
 * (exponential backoff with full jitter), so that what failed at one time is not tried again at
 * one. Safe for threads as its generator is.
 */
record Backoff(RandomGenerator random) {
  private static final long FIRST_MILLIS = 500;
  static final long LONGEST_MILLIS = Duration.ofHours(1).toMillis();

  /**
   * The pause after a failure.
   *
   * @param failures how many there were of it in a row, from 1
   * @param asked the least that the endpoint wants; null where it does not say
   */
  Duration pause(int failures, @Nullable Duration asked) {
    long limit = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(failures - 1, 20));
    Duration pause = Duration.ofMillis(random.nextLong(limit + 1));
    return asked != null && asked.compareTo(pause) > 0 ? asked : pause;
  }
}
