package dev.unisono.engine.merge;

/**
 * When and by whom a version of a field was written; of two versions the greater wins, in whatever
 * order they arrive. The time is hybrid: at least one tick after that of the version its writer is
 * known to have held, so that a clock that lags loses no edit made in knowledge of the other.
 * Immutable.
 *
 * @param micros microseconds since 1970; 0 where only the members' order says what is newer
 * @param rank the writer's rank among the members: unique, the highest first
 */
record Stamp(long micros, int rank) implements Comparable<Stamp> {
  @Override
  public int compareTo(Stamp other) {
    int byTime = Long.compare(micros, other.micros);
    return byTime != 0 ? byTime : Integer.compare(rank, other.rank);
  }
}
