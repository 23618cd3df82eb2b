package dev.unisono.server.limit;

import java.util.concurrent.atomic.LongAdder;

/** What became of what was held against one rule, since the start. Safe for threads. */
public final class Tally {
  final LongAdder checks = new LongAdder();
  final LongAdder refusals = new LongAdder();
  final LongAdder delays = new LongAdder();

  Tally() {}

  public long checks() {
    return checks.sum();
  }

  public long refusals() {
    return refusals.sum();
  }

  /** Requests that had to wait, and pauses of what is sent to subscribers. */
  public long delays() {
    return delays.sum();
  }
}
