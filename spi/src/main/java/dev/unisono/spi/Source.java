package dev.unisono.spi;

import java.util.Map;

/**
 * Reads one system's changes. The engine calls {@link #run} once, on a platform thread named for
 * the system; {@link #durable} comes from another thread, in the order the batches were handed
 * over. A source that fails is closed, opened anew and started from the last durable state, after a
 * pause, if its problem is of a type that can pass; else it stops and is shown as stopped with the
 * problem.
 */
public interface Source extends AutoCloseable {
  /**
   * Reads until interrupted. Never returns while all is well.
   *
   * @param state what was last made durable with a batch of this source; empty at the first start
   * @throws InterruptedException when asked to stop
   * @throws UnisonoException with the problem, for everything that goes wrong
   */
  void run(Map<String, String> state, ChangeSink sink) throws InterruptedException;

  /**
   * Everything up to and including the batch of this mark is durable: the system may be told, and
   * not before (invariant 1). Must not block.
   */
  void durable(long mark);

  /**
   * Asks for something to be done with the snapshots, soon, by whoever runs the source; progress
   * shows what came of it. From any thread; before {@link #run} it holds from the beginning. A
   * REPEAT of everything also lets a source begin that would refuse to because its place in the log
   * is lost.
   *
   * @throws UnisonoException not-available where the source has no snapshots; not-found where it
   *     does not read that sync
   */
  default void command(SnapshotCommand command) {
    throw new UnisonoException(
        new Problem(
            "not-available",
            ProblemType.USER,
            "This kind of source has no snapshots to command.",
            null,
            ""));
  }

  /** Lets go of connections; safe to call from another thread, and twice. */
  @Override
  void close();
}
