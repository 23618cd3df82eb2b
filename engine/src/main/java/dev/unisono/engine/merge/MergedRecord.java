package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import org.jspecify.annotations.Nullable;

/**
 * One record of an entity that several members write. Where each of them has keys of its own, its
 * key here is a number of ours, and others know it by the key that the first member has for it. For
 * one thread.
 */
final class MergedRecord {
  private final Schema schema;
  private final Key key;
  private final boolean ownKeys;

  /** For each field its value, as long as there is a version of it. */
  final @Nullable Object[] values;

  /** For each field the version that its value is; null where no member has written it. */
  final @Nullable Stamp[] stamps;

  /** The version of {@code exists}; null before any member had the record. */
  @Nullable Stamp existence;

  boolean exists;

  /** By the member's number in the plan. */
  final MemberView[] members;

  /**
   * @param ownKeys true where each member has keys of its own
   */
  MergedRecord(Schema schema, Key key, int members, boolean ownKeys) {
    this.schema = schema;
    this.key = key;
    this.ownKeys = ownKeys;
    this.values = new @Nullable Object[schema.size()];
    this.stamps = new @Nullable Stamp[schema.size()];
    for (int part = 0; part < schema.keySize() && !ownKeys; part++) {
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

  /**
   * What is merged, or was when the record was deleted; without a key where members have their own.
   */
  Row image() {
    return new Row(schema, values.clone());
  }

  /**
   * The merged row as others know it; null where the record is deleted, or none was seen yet, or
   * the first member has no key for it yet.
   */
  @Nullable Row row() {
    Row first = members[0].shadow;
    if (!exists || (ownKeys && first == null)) {
      return null;
    }
    if (first == null || !ownKeys) {
      return image();
    }
    @Nullable Object[] known = values.clone();
    for (int part = 0; part < schema.keySize(); part++) {
      known[schema.keyPosition(part)] = first.value(schema.keyPosition(part));
    }
    return new Row(schema, known);
  }

  /** The key by which a member knows it; null where the member has none for it. */
  @Nullable Key keyIn(MergeMember member) {
    if (!ownKeys) {
      return key;
    }
    Row shadow = members[member.number()].shadow;
    return shadow == null ? null : schema.key(shadow);
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
