package dev.unisono.spi;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change of one record as its source showed it. Immutable; safe for threads.
 *
 * @param binding which table of which sync it came by
 * @param key the record's key after the change; null only for {@link Operation#TRUNCATE}
 * @param previousKey the key before the change, where the change moved it; else null
 * @param after the row after the change; null for DELETE and TRUNCATE
 * @param before the whole row before the change, where the source knows it; else null
 * @param sourceTime when the source committed it (a READ: when it was read)
 * @param transaction the source's number of the transaction; 0 where it has none
 * @param marker the number of the transaction of our own ({@link MemberWriter}) that it is part of;
 *     0 where somebody else made it
 */
public record Change(
    Binding binding,
    Operation operation,
    @Nullable Key key,
    @Nullable Key previousKey,
    @Nullable Row after,
    @Nullable Row before,
    Position position,
    Instant sourceTime,
    long transaction,
    long marker) {
  /** A change that somebody else made. */
  public Change(
      Binding binding,
      Operation operation,
      @Nullable Key key,
      @Nullable Key previousKey,
      @Nullable Row after,
      @Nullable Row before,
      Position position,
      Instant sourceTime,
      long transaction) {
    this(binding, operation, key, previousKey, after, before, position, sourceTime, transaction, 0);
  }

  /** The same change as another operation. */
  public Change with(Operation other) {
    return new Change(
        binding, other, key, previousKey, after, before, position, sourceTime, transaction, marker);
  }

  /** The same change as the delete of a record. */
  public Change gone(Key of) {
    return with(Operation.DELETE).with(of, null, null);
  }

  /** The same change of another record, or of another row. */
  public Change with(
      @Nullable Key otherKey, @Nullable Key otherPreviousKey, @Nullable Row otherAfter) {
    return new Change(
        binding,
        operation,
        otherKey,
        otherPreviousKey,
        otherAfter,
        before,
        position,
        sourceTime,
        transaction,
        marker);
  }
}
