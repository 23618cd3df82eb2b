package dev.unisono.bench;

import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Counts a backlog as it is handed over and times it. The clock starts when the first changes are
 * there, and those are not counted: how long a reader takes to connect is no part of the figure.
 * Counted by one thread, awaited by another.
 */
final class Meter {
  private final long total;
  private final CountDownLatch done = new CountDownLatch(1);
  private long counted;
  private long counting;
  private long startNanos;
  private long endNanos;
  private ProcessUse before = ProcessUse.of(ProcessHandle.current().pid());
  private ProcessUse after = before;

  Meter(long total) {
    this.total = total;
  }

  void count(long changes) {
    if (changes == 0) {
      return;
    }
    counted += changes;
    if (startNanos == 0) {
      counting = total - changes;
      before = ProcessUse.of(ProcessHandle.current().pid());
      startNanos = System.nanoTime();
    } else if (counted >= total && endNanos == 0) {
      endNanos = System.nanoTime();
      after = ProcessUse.of(ProcessHandle.current().pid());
      done.countDown();
    }
  }

  /** Waits for the whole backlog; then says how fast it came and at what cost. */
  Map<String, Number> await() throws InterruptedException {
    done.await();
    if (counted != total) {
      throw new BenchFailure(counted + " changes came, and there are " + total);
    }
    return Map.of(
        "rate", counting / ((endNanos - startNanos) / 1e9),
        "cpuSeconds", after.cpuSecondsSince(before),
        "peakMemoryBytes", after.peakMemoryBytes());
  }
}
