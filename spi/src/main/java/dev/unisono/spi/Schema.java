package dev.unisono.spi;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The shape of the rows of one entity: its fields in a fixed order, and which of them are the key.
 * Everything that works on rows resolves field positions against it once and then works by
 * position. Immutable; safe for threads.
 */
public final class Schema {
  private final String name;
  private final List<Field> fields;
  private final int[] keyPositions;
  private final Map<String, Integer> positions = new HashMap<>();

  /**
   * @param name the entity's name
   * @param fields the fields in row order
   * @param key the names of the key's fields, in key order; at least one
   */
  public Schema(String name, List<Field> fields, List<String> key) {
    this.name = name;
    this.fields = List.copyOf(fields);
    for (int i = 0; i < this.fields.size(); i++) {
      if (positions.put(this.fields.get(i).name(), i) != null) {
        throw new IllegalArgumentException("field named twice: " + this.fields.get(i).name());
      }
    }
    if (key.isEmpty()) {
      throw new IllegalArgumentException("a schema needs a key: " + name);
    }
    this.keyPositions = key.stream().mapToInt(this::position).toArray();
  }

  public String name() {
    return name;
  }

  public List<Field> fields() {
    return fields;
  }

  public int size() {
    return fields.size();
  }

  public Field field(int position) {
    return fields.get(position);
  }

  /** The position of a field that is known to exist. */
  public int position(String field) {
    Integer position = positions.get(field);
    if (position == null) {
      throw new IllegalArgumentException(name + " has no field " + field);
    }
    return position;
  }

  /** The position of a field, or null where there is none of that name. */
  public @Nullable Integer find(String field) {
    return positions.get(field);
  }

  public int keySize() {
    return keyPositions.length;
  }

  /** The row position of the key's n-th part. */
  public int keyPosition(int part) {
    return keyPositions[part];
  }

  public boolean isKey(int position) {
    for (int key : keyPositions) {
      if (key == position) {
        return true;
      }
    }
    return false;
  }

  /** The key of a row of this schema; its key fields must be there. */
  public Key key(Row row) {
    Object[] parts = new Object[keyPositions.length];
    for (int i = 0; i < parts.length; i++) {
      Object part = row.value(keyPositions[i]);
      if (part == null || part == Unchanged.UNCHANGED) {
        throw new IllegalArgumentException(
            name + ": key field " + fields.get(keyPositions[i]).name() + " has no value");
      }
      parts[i] = part;
    }
    return Key.of(parts);
  }

  @Override
  public String toString() {
    return name + fields;
  }
}
