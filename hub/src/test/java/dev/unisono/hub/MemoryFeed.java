package dev.unisono.hub;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A feed in memory that can lose its oldest events, and fail. Safe for threads. */
final class MemoryFeed implements Feed {
  private final List<Event> events = new ArrayList<>();
  private long oldest;
  private int reads;
  private @Nullable RuntimeException failure;

  /** Appends an event of a topic whose sequence is its cursor and stands in its data. */
  synchronized void append(int topic, int padding) {
    long sequence = events.size() + 1L;
    String data = "{\"n\":" + sequence + ",\"padding\":\"" + "x".repeat(padding) + "\"}";
    events.add(
        new Event(
            sequence,
            topic,
            Long.toString(sequence),
            "updated",
            data.getBytes(StandardCharsets.UTF_8)));
    notifyAll();
  }

  synchronized void loseUpTo(long sequence) {
    oldest = sequence;
  }

  synchronized void fail(@Nullable RuntimeException with) {
    failure = with;
  }

  /** How often it was read. */
  synchronized int reads() {
    return reads;
  }

  @Override
  public synchronized long head() {
    return events.size();
  }

  @Override
  public synchronized Events read(long after, int maximumBytes) throws Gap {
    reads++;
    if (failure != null) {
      throw failure;
    }
    if (after < oldest) {
      throw new Gap("lost");
    }
    int to = (int) after;
    int bytes = 0;
    while (to < events.size() && bytes < maximumBytes) {
      bytes += events.get(to++).data().length;
    }
    return new Events(List.copyOf(events.subList((int) after, to)), to);
  }

  @Override
  public synchronized boolean awaitBeyond(long sequence, Duration atMost)
      throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (events.size() <= sequence) {
      long leftMillis = (end - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0) {
        return false;
      }
      wait(leftMillis);
    }
    return true;
  }
}
