package dev.unisono.server.webhook;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** How many attempts came to what since the start. Safe for threads. */
final class Outcomes {
  private final Map<Attempt.Outcome, LongAdder> counts = new EnumMap<>(Attempt.Outcome.class);

  Outcomes() {
    for (Attempt.Outcome outcome : Attempt.Outcome.values()) {
      counts.put(outcome, new LongAdder());
    }
  }

  void count(Attempt.Outcome outcome) {
    Objects.requireNonNull(counts.get(outcome)).increment();
  }

  long of(Attempt.Outcome outcome) {
    return Objects.requireNonNull(counts.get(outcome)).sum();
  }
}
