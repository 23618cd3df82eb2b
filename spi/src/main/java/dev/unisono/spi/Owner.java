package dev.unisono.spi;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes through to the system that owns a mirrored entity, on behalf of a caller of a door. The
 * change comes back by the system's log. Safe for threads; each call may block.
 */
public interface Owner extends AutoCloseable {
  /**
   * Changes fields of one existing record.
   *
   * @param patch the new values; UNCHANGED for every field that stays
   * @param expected where given, the write happens only if the fields that {@code patch} changes
   *     still equal this row's
   * @return the number of the transaction by which the change will come back in the log; empty
   *     where no such record is there, or it is not as expected
   * @throws UnisonoException with a USER problem where the system refuses the values
   */
  Optional<WriteReceipt> update(Binding binding, Key key, Row patch, @Nullable Row expected);

  /**
   * What the owner says of a write that it took.
   *
   * @param transaction the number that {@link Change#transaction} will carry
   * @param changed false where the row already had these values and nothing will come back
   */
  record WriteReceipt(long transaction, boolean changed) {}

  @Override
  void close();
}
