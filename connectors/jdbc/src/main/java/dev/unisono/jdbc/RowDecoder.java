package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes rows and keys of one binding of entries that have one shape. Immutable; safe for threads.
 */
final class RowDecoder {
  private static final int NONE = -1;

  private final Binding binding;
  private final TriggerDialect triggers;

  /** For each field where its column is among the shape's values. */
  private final int[] places;

  /** For each part of the key where its column is among the shape's key. */
  private final int[] keyPlaces;

  RowDecoder(Binding binding, Shape shape, TriggerDialect triggers) {
    this.binding = binding;
    this.triggers = triggers;
    this.places = new int[binding.schema().size()];
    for (int i = 0; i < places.length; i++) {
      String column = binding.column(i);
      places[i] = column == null ? NONE : shape.columns().indexOf(column);
    }
    this.keyPlaces = Table.keyColumns(binding).stream().mapToInt(shape.key()::indexOf).toArray();
  }

  Binding binding() {
    return binding;
  }

  Row row(List<@Nullable Object> kept) {
    @Nullable Object[] values = new @Nullable Object[places.length];
    for (int i = 0; i < values.length; i++) {
      // A column that is gone, or was not written down yet: what there is of it stays as it is.
      values[i] =
          binding.column(i) == null
              ? null
              : places[i] == NONE
                  ? Unchanged.UNCHANGED
                  : value(binding.schema().field(i), kept.get(places[i]));
    }
    return new Row(binding.schema(), values);
  }

  private @Nullable Object value(Field field, @Nullable Object kept) {
    if (kept == null) {
      return null;
    }
    if (kept.equals(LogEntry.ABSENT)) {
      return Unchanged.UNCHANGED;
    }
    try {
      return triggers.decode(field.type(), kept);
    } catch (IllegalArgumentException unfit) {
      return Unfit.of(kept);
    }
  }

  /** The key as it was; null where its values are none of their fields. */
  @Nullable Key oldKey(List<@Nullable Object> kept) {
    Object[] parts = new Object[keyPlaces.length];
    for (int i = 0; i < parts.length; i++) {
      Object part =
          keyPlaces[i] == NONE
              ? null
              : value(
                  binding.schema().field(binding.schema().keyPosition(i)), kept.get(keyPlaces[i]));
      if (part == null || part == Unchanged.UNCHANGED || part instanceof Unfit) {
        return null;
      }
      parts[i] = part;
    }
    return new Key(parts);
  }

  /** A row's key; null where its values are none of their fields. */
  static @Nullable Key key(Row row) {
    for (int i = 0; i < row.schema().keySize(); i++) {
      Object part = row.value(row.schema().keyPosition(i));
      if (part == null || part == Unchanged.UNCHANGED || part instanceof Unfit) {
        return null;
      }
    }
    return row.schema().key(row);
  }

  /** What a row is called that has no key of its type: what was found, for people. */
  static Key unfitKey(Row row) {
    Object[] parts = new Object[row.schema().keySize()];
    for (int i = 0; i < parts.length; i++) {
      Object part = row.value(row.schema().keyPosition(i));
      parts[i] = part instanceof Unfit unfit ? unfit.found() : String.valueOf(part);
    }
    return new Key(parts);
  }
}
