package dev.unisono.spi;

import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes through to the system that owns an entity, on behalf of a caller of a door. The change
 * comes back by the system's log. What a constraint or a trigger of the system has against a write
 * is a USER problem with the code {@code refused-by-owner} and the system's own words; then nothing
 * was written. Safe for threads; each call may block.
 */
public interface Owner extends AutoCloseable {
  /**
   * Makes one record.
   *
   * @param row its values; UNCHANGED for every field that is left to the system, those of the key
   *     included where it gives its records keys of its own
   * @param keyed told the record's key as soon as the system has said it, before the record can
   *     come back by the log. If the call fails after that, whether the record was made is not
   *     known unless it fails with a USER problem: then it was not
   * @throws UnisonoException with a USER problem: {@code exists} where there is a record of that
   *     key, {@code refused-by-owner}
   */
  Inserted insert(Binding binding, Row row, Consumer<Key> keyed);

  /**
   * Changes fields of one existing record.
   *
   * @param patch the new values; UNCHANGED for every field that stays
   * @param expected where given, the write happens only if the fields that {@code patch} changes
   *     still equal this row's; UNCHANGED for those that are not compared
   * @return the number of the transaction by which the change will come back in the log; empty
   *     where no such record is there, or it is not as expected
   * @throws UnisonoException with a USER problem where the system refuses the values
   */
  Optional<WriteReceipt> update(Binding binding, Key key, Row patch, @Nullable Row expected);

  /**
   * Deletes one record.
   *
   * @param expected where given, the record is deleted only if its fields still equal this row's;
   *     UNCHANGED for those that are not compared
   * @return as {@link #update} does
   * @throws UnisonoException with a USER problem where the system refuses, since other records
   *     refer to it for instance
   */
  Optional<WriteReceipt> delete(Binding binding, Key key, @Nullable Row expected);

  /**
   * What the system puts into fields by itself.
   *
   * @throws UnisonoException where the system cannot be asked now
   */
  Filling filling(Binding binding);

  /**
   * What the owner says of a write that it took.
   *
   * @param transaction the number that {@link Change#transaction} will carry
   * @param changed false where the row already had these values and nothing will come back
   */
  record WriteReceipt(long transaction, boolean changed) {}

  /**
   * A record that was made.
   *
   * @param key the key that it has in the system
   */
  record Inserted(Key key, WriteReceipt receipt) {}

  /**
   * What a system puts into fields by itself, by their positions.
   *
   * @param computed always, so that nothing can be written to them
   * @param filled where nothing is given; those that are computed among them
   */
  record Filling(Set<Integer> computed, Set<Integer> filled) {}

  @Override
  void close();
}
