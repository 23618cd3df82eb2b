package dev.unisono.spi;

import java.util.List;

/**
 * Reads the rows of one binding as they are, in the order of their keys, and changes nothing in the
 * system. Only once: what changes meanwhile may be seen or not. For one thread.
 */
public interface RowReader extends AutoCloseable {
  /**
   * The next rows; empty where there are no more.
   *
   * @throws UnisonoException where the system cannot be asked, or holds what is no value of a field
   */
  List<Row> next(int limit);

  @Override
  void close();
}
