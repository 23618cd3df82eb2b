package dev.unisono.engine.merge;

import dev.unisono.spi.Row;
import org.jspecify.annotations.Nullable;

/** What is known of one record in one member. For one thread. */
final class MemberView {
  /** What the member last showed; null where it has no such record. */
  @Nullable Row shadow;

  /** For each field the version that the member is known to hold. */
  @Nullable Stamp[] seen;

  /** The version of the record's existence that the member is known to hold. */
  @Nullable Stamp seenExistence;

  @Nullable Pending pending;

  /** True where the member showed another row while something was under way. */
  boolean crossed;

  /** True where there was no room for what it is to be told: it is looked at again. */
  boolean owed;

  MemberView(int fields) {
    this.seen = new @Nullable Stamp[fields];
  }
}
