package dev.unisono.spi;

import java.util.List;

/**
 * Writes to a system that is read as well. Each transaction carries a marker, which the system's
 * log shows with what was written ({@link Change#marker}, {@link Batch#passed}): whether a write
 * was made is told by the log alone. For one thread.
 */
public interface MemberWriter extends AutoCloseable {
  /**
   * Makes the writes whose condition holds, in one transaction whose marker is the id of the last;
   * or in several, for one part after the other, each with the last id of its part. A write whose
   * condition does not hold is passed over: what stood against it is in the log before the marker.
   * An insert without a key has a marker of its own, its id, right before it in the same
   * transaction: by that the log tells which key it was given. The marker that the others are
   * behind is then the last id of theirs.
   *
   * @param writes at least one, with ascending ids
   * @return those that the system refuses for what they are; all others are made or passed over
   * @throws UnisonoException where it fails; whether anything was written is then not known
   */
  List<Refusal> write(List<MemberWrite> writes);

  /** Sends a marker by itself; everything that this installation wrote before lies before it. */
  void mark(long marker);

  @Override
  void close();

  /** A write that can never be made as it is, and why. Immutable. */
  record Refusal(MemberWrite write, Problem cause) {}
}
