package dev.unisono.bench;

/**
 * The due moments of all events of a run, by their number from 1 on. One thread appends, any thread
 * that has been shown an event reads its moment.
 */
final class Schedule {
  private final long[] dueNanos;
  private volatile int published;

  Schedule(int most) {
    this.dueNanos = new long[most + 1];
  }

  int published() {
    return published;
  }

  /** Notes an event before it is sent; gives its number. */
  int append(long nanos) {
    int number = published + 1;
    if (number >= dueNanos.length) {
      throw new BenchFailure("more events than were planned for");
    }
    dueNanos[number] = nanos;
    published = number;
    return number;
  }

  long dueNanos(int number) {
    return dueNanos[number];
  }
}
