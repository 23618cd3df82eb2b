package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import org.jspecify.annotations.Nullable;

/** One record of an entity that several members write. For one thread. */
final class MergedRecord {
  private final Schema schema;
  private final Key key;

  /** For each field its value, as long as there is a version of it. */
  final @Nullable Object[] values;

  /** For each field the version that its value is; null where no member has written it. */
  final @Nullable Stamp[] stamps;

  /** The version of {@code exists}; null before any member had the record. */
  @Nullable Stamp existence;

  boolean exists;

  /** By the member's number in the plan. */
  final MemberView[] members;

  MergedRecord(Schema schema, Key key, int members) {
    this.schema = schema;
    this.key = key;
    this.values = new @Nullable Object[schema.size()];
    this.stamps = new @Nullable Stamp[schema.size()];
    for (int part = 0; part < schema.keySize(); part++) {
      this.values[schema.keyPosition(part)] = key.part(part);
    }
    this.members = new MemberView[members];
    for (int i = 0; i < members; i++) {
      this.members[i] = new MemberView(schema.size());
    }
  }

  Schema schema() {
    return schema;
  }

  Key key() {
    return key;
  }

  /** The merged row as it is now; null where the record is deleted, or none was seen yet. */
  @Nullable Row row() {
    return exists ? new Row(schema, values.clone()) : null;
  }

  /** The members that are waited for, or are still to be told something: a bit for each. */
  long open() {
    long open = 0;
    for (int i = 0; i < members.length; i++) {
      if (members[i].pending != null || members[i].owed) {
        open |= 1L << i;
      }
    }
    return open;
  }
}
