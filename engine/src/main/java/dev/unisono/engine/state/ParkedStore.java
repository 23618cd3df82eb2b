package dev.unisono.engine.state;

import dev.unisono.spi.Key;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Where the parked rows of one target are kept. What one thread has handed in is seen by whoever
 * asks later, durable or not. Safe for threads.
 */
public interface ParkedStore {
  /** Shows every row that is kept for the configured entities, without its image. */
  void forEach(Consumer<ParkedRow> consumer);

  /** One row with its image. */
  Optional<ParkedRow> find(String entity, Key key) throws InterruptedException;

  /**
   * Keeps rows, each in place of what was kept under its key, all or none; durable when this
   * returns.
   *
   * @param undoable true where this belongs to a transaction that the target has open
   * @return the same with their numbers
   */
  List<ParkedRow> keep(List<ParkedRow> rows, boolean undoable) throws InterruptedException;

  /**
   * Removes rows by their numbers; durable when this returns.
   *
   * @param sequence of the delivery for which they go
   * @param undoable as for {@link #keep}
   */
  void remove(List<Long> ids, long sequence, boolean undoable) throws InterruptedException;

  /** What could be undone is for good. */
  void settle() throws InterruptedException;

  /**
   * Where something could be undone: what deliveries after a sequence have done is as before the
   * transaction that they belong to.
   *
   * @return false where nothing could
   */
  boolean undo(long reached) throws InterruptedException;

  /** Some rows after a number, in the order of their numbers, with their images. */
  List<ParkedRow> list(long afterId, int atMost, boolean rejected);
}
