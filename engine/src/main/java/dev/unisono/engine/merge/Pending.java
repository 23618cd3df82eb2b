package dev.unisono.engine.merge;

import dev.unisono.spi.Problem;
import dev.unisono.spi.Row;
import org.jspecify.annotations.Nullable;

/** What a member was told of a record and has not shown yet. Immutable. */
final class Pending {
  private final long id;
  private final @Nullable Row values;
  private final @Nullable Stamp[] stamps;
  private final @Nullable Stamp existence;
  private final @Nullable Problem refused;

  /**
   * Takes the array over.
   *
   * @param id the number of the write; the marker of its transaction is this or a higher one
   * @param values what was written, UNCHANGED for what stayed; null for a delete
   * @param stamps for each field that was written the version that the member holds after it
   * @param existence the version of the record's existence that the member holds after it
   * @param refused why the member does not take it, so that it is not on its way; null where it is
   */
  Pending(
      long id,
      @Nullable Row values,
      @Nullable Stamp[] stamps,
      @Nullable Stamp existence,
      @Nullable Problem refused) {
    this.id = id;
    this.values = values;
    this.stamps = stamps;
    this.existence = existence;
    this.refused = refused;
  }

  long id() {
    return id;
  }

  @Nullable Row values() {
    return values;
  }

  @Nullable Stamp stamp(int field) {
    return stamps[field];
  }

  @Nullable Stamp existence() {
    return existence;
  }

  @Nullable Problem refused() {
    return refused;
  }

  Pending refused(Problem why) {
    return new Pending(id, values, stamps, existence, why);
  }

  /** The same write, of whose versions each is called by another name. */
  Pending renamed(@Nullable Stamp[] names, @Nullable Stamp ofExistence) {
    return new Pending(id, values, names, ofExistence, refused);
  }

  @Nullable Stamp[] stamps() {
    return stamps.clone();
  }

  /** True where it may be, or come to be, in the member. */
  boolean underway() {
    return refused == null;
  }
}
