package dev.unisono.spi;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes to one system. Opening a lane connects; a target itself holds nothing that needs a
 * connection. Safe for threads.
 */
public interface Target extends AutoCloseable {
  /**
   * How many lanes this target has. The number is kept in the system, since cursors are by lane.
   */
  int lanes();

  /** How many lanes it is to have; the engine brings all lanes to one place and changes it. */
  default int wantedLanes() {
    return lanes();
  }

  /**
   * From now on it has as many lanes as are wanted, all of which stand at the cursor; in one
   * transaction. Called while nothing is written, with every lane there; lanes are opened anew
   * after it.
   */
  default void changeLanes(LaneCursor cursor) {
    throw new UnsupportedOperationException("the number of lanes is fixed");
  }

  /** Opens a lane, from 0 to {@code lanes() - 1}. */
  Lane open(int lane);

  /**
   * True where the source's transactions are to be seen whole: then {@link #openTransactions} is
   * written through, and no lane.
   */
  default boolean keepsTransactions() {
    return false;
  }

  /** Opens the one way in that keeps transactions; it stands in for all lanes. */
  default TransactionLane openTransactions() {
    throw new UnsupportedOperationException("this kind of target keeps no transactions");
  }

  /**
   * Sets the cursors of all lanes to one place and notes that what they passed over has to be made
   * good by comparison, in one transaction. The note stays until {@link #endRepair}.
   */
  void beginRepair(LaneCursor cursor);

  /** The place to which cursors were set, while the note of a repair stands. */
  Optional<LaneCursor> repairing();

  /** Takes the note away. */
  void endRepair();

  /**
   * Keys that the table of a binding holds, in the target's own order.
   *
   * @param after null at the beginning, else what the page before said
   */
  KeyPage keys(Binding binding, @Nullable String after, int limit);

  @Override
  void close();
}
