package dev.unisono.hub;

import java.time.Duration;
import java.util.List;

/** Where events come from, in order. Safe for threads. */
public interface Feed {
  /** The sequence of the newest event; 0 where there is none. */
  long head();

  /**
   * Events after a sequence, some of them, and how far they reach.
   *
   * @throws Gap where they are no longer held
   */
  Events read(long after, int maximumBytes) throws Gap;

  /** Waits until the head is beyond a sequence; false when the time is over. */
  boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException;

  /**
   * Some events.
   *
   * @param through everything up to here is in it; where it equals what was asked after, there is
   *     nothing more
   */
  record Events(List<Event> events, long through) {}

  /** What was asked for is no longer held. */
  final class Gap extends Exception {
    private static final long serialVersionUID = 1L;

    public Gap(String message) {
      super(message);
    }
  }
}
