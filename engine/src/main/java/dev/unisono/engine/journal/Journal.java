package dev.unisono.engine.journal;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/** The journal as its readers see it. Safe for threads; any number of readers. */
public interface Journal {
  /** The newest durable position. */
  Cursor head();

  /** Where the journal stands, and which transactions it holds only the beginning of. */
  Reached reached();

  /**
   * A place in the journal and what is known there. Immutable.
   *
   * @param sequence the newest durable position
   * @param unfinished for each source that is amid a transaction, its number: what is after the
   *     sequence may go on with it. All other transactions up to there are whole
   */
  record Reached(long sequence, Map<String, Long> unfinished) {
    /** True where all of a transaction is at or before the sequence, if any of it is. */
    public boolean whole(String origin, long transaction) {
      Long open = unfinished.get(origin);
      return open == null || open != transaction;
    }
  }

  /** The oldest position one can still go on from; it moves as retention drops segments. */
  Cursor oldest();

  /**
   * The entries after a sequence of the present epoch, in order: some, up to about this many bytes
   * of memory, at least one where there is one; empty at the head. Recent entries come from memory.
   *
   * @throws dev.unisono.spi.UnisonoException with the code {@code gap} where they are no longer
   *     held
   */
  List<JournalEntry> read(long afterSequence, int maximumBytes);

  /**
   * Waits until the head is beyond a sequence.
   *
   * @return true when it is; false when the time is over
   */
  boolean awaitBeyond(long sequence, Duration atMost) throws InterruptedException;

  /**
   * Calls a listener on the writer's thread with the head's sequence after each commit that moves
   * it, or by which a transaction turns out to be whole. It must return at once and never block.
   * Close the returned handle to end it.
   */
  Registration onCommit(LongConsumer listener);

  /** Ends what it was given for when closed. */
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }
}
