package dev.unisono.engine.merge;

import org.jspecify.annotations.Nullable;

/**
 * When and by whom a version of a field was written; of two versions the greater wins, in whatever
 * order they arrive. The time is hybrid: at least one tick after that of the version its writer is
 * known to have held, so that a clock that lags loses no edit made in knowledge of the other.
 * Immutable.
 *
 * <p>Where not the time decides but who wrote, a version has a path: that of the version it was
 * made on, and a letter more for itself. Paths are compared before anything else, letter by letter:
 * what was made in knowledge of another is greater than that, and of two that know nothing of each
 * other the first letters by which they differ decide. This is one order of all versions.
 *
 * @param micros microseconds since 1970; 0 where only the members' order says what is newer
 * @param rank the writer's rank among the members: unique, the highest first; OURS where it was
 *     decided here
 * @param path empty where only the time decides
 */
record Stamp(long micros, int rank, String path) implements Comparable<Stamp> {
  /** What was computed or decided here is of no member. */
  static final int OURS = 0;

  Stamp(long micros, int rank) {
    this(micros, rank, "");
  }

  @Override
  public int compareTo(Stamp other) {
    int byPath = path.compareTo(other.path);
    if (byPath != 0) {
      return byPath;
    }
    int byTime = Long.compare(micros, other.micros);
    return byTime != 0 ? byTime : Integer.compare(rank, other.rank);
  }

  /** The least version that is greater and needs no letter. */
  Stamp next(int writer) {
    return new Stamp(micros + 1, writer, path);
  }

  /** The same version by a shorter path. */
  Stamp along(String shorter) {
    return shorter.equals(path) ? this : new Stamp(micros, rank, shorter);
  }

  /** What a member holds is what the later version says, whoever wrote it there. */
  static @Nullable Stamp later(@Nullable Stamp known, @Nullable Stamp current) {
    return known == null || (current != null && current.compareTo(known) > 0) ? current : known;
  }
}
