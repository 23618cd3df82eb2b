package dev.unisono.spi;

import java.util.List;
import java.util.Optional;

/**
 * The one way into a target that keeps the source's transactions: what is written becomes visible
 * to others at {@link #commit}, and not in parts. Strictly sequential; used by one thread. Where it
 * throws, what was not committed is undone; it is then closed and opened anew, and its cursors say
 * what had been committed.
 */
public interface TransactionLane extends AutoCloseable {
  /** The cursors of the target's lanes as it holds them; empty where a lane never delivered. */
  List<Optional<LaneCursor>> cursors();

  /**
   * Opens a transaction.
   *
   * @param strict true where constraints that the target would check at the commit are to be
   *     checked at each write, so that the row is known which breaks one
   */
  void begin(boolean strict);

  /**
   * Writes deliveries in the open transaction, in effect in their order. If not all can be written,
   * as many as can, from the first, stay in the transaction.
   *
   * @param deliveries at least one, ascending by sequence
   */
  DeliveryOutcome write(List<Delivery> deliveries);

  /** Like {@link #write}, but all or nothing, and ordered as {@link Lane#applyAsUnit} does. */
  DeliveryOutcome writeAsUnit(List<Delivery> deliveries);

  /**
   * Commits, and moves the cursors of all lanes that are not beyond it in the same transaction
   * (invariant 5).
   *
   * @return false where the target found only now that something cannot be, and everything is
   *     undone; never of a strict transaction
   */
  boolean commit(LaneCursor cursor);

  /** Undoes what was written since the transaction was opened. */
  void rollback();

  @Override
  void close();
}
