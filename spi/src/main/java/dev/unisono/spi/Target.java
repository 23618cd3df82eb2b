package dev.unisono.spi;

/**
 * Writes to one system. Opening a lane connects; a target itself holds nothing that needs a
 * connection. Safe for threads.
 */
public interface Target extends AutoCloseable {
  /**
   * How many lanes this target has. The number is fixed when the target is first used and kept in
   * the system, since cursors are by lane.
   */
  int lanes();

  /** Opens a lane, from 0 to {@code lanes() - 1}. */
  Lane open(int lane);

  @Override
  void close();
}
