package dev.unisono.spi;

import java.util.List;
import java.util.Optional;

/**
 * One strictly sequential way into a target, with its cursor kept in the target itself. Used by one
 * thread at a time. Where it fails in a way that may pass (connection lost, deadlock), it throws;
 * it is then closed and opened anew, and its cursor says what had been applied.
 */
public interface Lane extends AutoCloseable {
  /** The cursor as the target holds it; empty where this lane never delivered. */
  Optional<LaneCursor> cursor();

  /**
   * Writes the deliveries, in effect in their order, and moves the cursor, all in one transaction
   * (invariant 5). Images of one key are overlaid first. If not all can be applied, as many as can,
   * from the first, are committed with the cursor after the last of them.
   *
   * @param deliveries at least one, ascending by sequence; all of this lane's shard, except while
   *     the other lanes are drained
   * @param cursor where this lane stands once all are applied: at or after the last delivery
   * @throws UnisonoException with a TRANSIENT or EXTERNAL problem where nothing is known to be
   *     wrong with the deliveries
   */
  DeliveryOutcome apply(List<Delivery> deliveries, LaneCursor cursor);

  /**
   * Like {@link #apply}, but as one unit whose parts may be ordered to satisfy references between
   * tables (parents before children for writes, children first for deletes): all or nothing. Called
   * with all other lanes drained, for one source transaction that failed in its own order.
   */
  DeliveryOutcome applyAsUnit(List<Delivery> deliveries, LaneCursor cursor);

  /** Moves the cursor only, where the journal held nothing for this lane for a while. */
  void advance(LaneCursor cursor);

  @Override
  void close();
}
