package dev.unisono.spi;

/**
 * Where in its source a change stands: the commit position of its transaction and its ordinal in
 * that transaction, from 0. Both only grow along a log. Immutable.
 *
 * @param commit the source's own number of the commit (a PostgreSQL LSN, for instance), unsigned
 */
public record Position(long commit, long ordinal) implements Comparable<Position> {
  @Override
  public int compareTo(Position other) {
    int byCommit = Long.compareUnsigned(commit, other.commit);
    return byCommit != 0 ? byCommit : Long.compare(ordinal, other.ordinal);
  }
}
