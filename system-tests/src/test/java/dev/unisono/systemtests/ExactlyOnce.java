package dev.unisono.systemtests;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An observer of a client that began at the journal's beginning: each sequence of the journal comes
 * once, after the one before. Safe for threads.
 */
final class ExactlyOnce {
  private final List<String> complaints = new ArrayList<>();
  private final AtomicLong last = new AtomicLong();

  /** Events without a cursor are first halves of a move, whose second half is told apart. */
  synchronized void observe(StreamEvent event) {
    if (event.cursor() == null) {
      return;
    }
    long sequence = event.data().path("version").asLong();
    long before = last.getAndSet(sequence);
    if (sequence != before + 1 && complaints.size() < 20) {
      complaints.add("after sequence " + before + " came " + sequence + ": " + event);
    }
  }

  /** The last sequence seen; 0 before the first. */
  long last() {
    return last.get();
  }

  synchronized List<String> complaints() {
    return List.copyOf(complaints);
  }
}
