package dev.unisono.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Rows are read no faster than the rate says, whatever the reading itself takes. */
final class SnapshotRateTest {
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);

  private void pass(long millis) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  @Test
  void whatIsReadHasToBeWaitedForFromWhenItWasBegun() {
    SnapshotRate rate = new SnapshotRate(1_000, nanos::get);
    assertEquals(0, rate.waitNanos());
    pass(200);
    rate.read(500);
    assertEquals(300, millis(rate.waitNanos()));
    pass(299);
    assertEquals(1, millis(rate.waitNanos()));
    pass(1);
    assertEquals(0, rate.waitNanos());
  }

  @Test
  void whatWasNotUsedIsNotSavedUp() {
    SnapshotRate rate = new SnapshotRate(1_000, nanos::get);
    pass(60_000);
    assertEquals(0, rate.waitNanos());
    rate.read(100);
    assertEquals(100, millis(rate.waitNanos()));
  }

  @Test
  void noMoreThanASecondsRowsAreReadAtOnce() {
    assertEquals(50, new SnapshotRate(50, nanos::get).atOnce(5_000));
    assertEquals(5_000, new SnapshotRate(1_000_000, nanos::get).atOnce(5_000));
  }

  @Test
  void withoutALimitNothingIsWaitedFor() {
    SnapshotRate rate = new SnapshotRate(0, nanos::get);
    rate.read(1_000_000);
    assertEquals(0, rate.waitNanos());
    assertEquals(5_000, rate.atOnce(5_000));
  }
}
