package dev.unisono.engine;

import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.merge.SameValue;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner.Filling;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Who takes what callers write of an entity, and in what form. Immutable; safe for threads.
 *
 * @param shown how what it shows is cleaned
 * @param written how what callers write is cleaned
 */
record OwnedBy(String system, Binding binding, Cleaner shown, Cleaner written) {
  /**
   * A record that is to be made: without the parts of its key that it does not have, and without
   * what the owner does not keep.
   *
   * @throws UnisonoException refused-by-owner where it has a value that the owner does not keep
   */
  Row toMake(Row record) {
    @Nullable Object[] values = record.copyValues();
    for (int i = 0; i < values.length; i++) {
      refuseUnkept(i, values[i], null);
      if (binding.column(i) == null || (values[i] == null && record.schema().isKey(i))) {
        values[i] = Unchanged.UNCHANGED;
      }
    }
    return new Row(record.schema(), values);
  }

  /**
   * A record that takes the place of all that is there, or is made: null for what it does not have.
   *
   * @param present what is there; null where it is made
   * @throws UnisonoException refused-by-owner where it has a value that the owner does not keep,
   *     key-immutable
   */
  Row whole(Key key, Row record, @Nullable Row present, Filling filling) {
    Schema schema = record.schema();
    @Nullable Object[] values = record.copyValues();
    for (int i = 0; i < values.length; i++) {
      Object before = present == null ? null : present.value(i);
      refuseUnkept(i, values[i], before);
      Object given = values[i] == Unchanged.UNCHANGED ? null : values[i];
      boolean computed =
          filling.computed().contains(i) && (given == null || SameValue.of(given, before));
      values[i] = computed || binding.column(i) == null ? Unchanged.UNCHANGED : given;
    }
    for (int part = 0; part < schema.keySize(); part++) {
      int position = schema.keyPosition(part);
      Object given = record.value(position);
      if (given != Unchanged.UNCHANGED
          && (given == null || !new Key(given).equals(new Key(key.part(part))))) {
        throw keyImmutable();
      }
      values[position] = present == null ? key.part(part) : Unchanged.UNCHANGED;
    }
    return new Row(schema, values);
  }

  static UnisonoException keyImmutable() {
    return new UnisonoException(
        new Problem(
            "key-immutable",
            ProblemType.USER,
            "The key cannot be changed here.",
            null,
            "Leave it out, or write it as it is in the path."));
  }

  /**
   * Refuses what would be lost.
   *
   * @throws UnisonoException refused-by-owner
   */
  void refuseUnkept(Row patch, Row present) {
    for (int i = 0; i < patch.schema().size(); i++) {
      refuseUnkept(i, patch.value(i), present.value(i));
    }
  }

  private void refuseUnkept(int field, @Nullable Object value, @Nullable Object before) {
    if (binding.column(field) == null
        && value != Unchanged.UNCHANGED
        && !SameValue.of(value, before)) {
      throw new UnisonoException(
          new Problem(
              "refused-by-owner",
              ProblemType.USER,
              system + " keeps no " + binding.schema().field(field).name() + ".",
              binding.configPath(),
              "Leave the field out, or write it to a system that keeps it; nothing was written."));
    }
  }

  /** A record that is to be made, as it will come back: what the owner fills in is not known. */
  static Row become(Row made, Filling filling) {
    @Nullable Object[] values = made.copyValues();
    for (int i = 0; i < values.length; i++) {
      if (values[i] == Unchanged.UNCHANGED
          && !filling.filled().contains(i)
          && !made.schema().isKey(i)) {
        values[i] = null;
      }
    }
    return new Row(made.schema(), values);
  }

  /** The key of a record that is to be made; null where the owner gives it one. */
  static @Nullable Key key(Row made) {
    for (int part = 0; part < made.schema().keySize(); part++) {
      Object value = made.value(made.schema().keyPosition(part));
      if (value == null || value == Unchanged.UNCHANGED) {
        return null;
      }
    }
    return made.schema().key(made);
  }

  /** What the owner must still hold; a field that is standardized on the way may differ there. */
  Row expected(EntityRecord record) {
    Row row = Objects.requireNonNull(record.row());
    @Nullable Object[] values = row.copyValues();
    for (int i = 0; i < values.length; i++) {
      if (shown.standardizes(i)) {
        values[i] = Unchanged.UNCHANGED;
      }
    }
    return new Row(row.schema(), values);
  }
}
