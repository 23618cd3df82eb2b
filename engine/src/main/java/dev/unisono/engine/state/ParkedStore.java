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
   * @return the same with their numbers
   */
  List<ParkedRow> keep(List<ParkedRow> rows) throws InterruptedException;

  /** Removes rows by their numbers; durable when this returns. */
  void remove(List<Long> ids) throws InterruptedException;

  /** Some rows after a number, in the order of their numbers, with their images. */
  List<ParkedRow> list(long afterId, int atMost, boolean rejected);
}
