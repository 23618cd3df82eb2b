package dev.unisono.spi;

import org.jspecify.annotations.Nullable;

/**
 * One field of a {@link Schema}: its name, its type and whether null is refused. Immutable.
 *
 * @param items for an ARRAY the type of its elements, never ARRAY itself; else null
 * @param required true where a null is refused by the entity's schema
 */
public record Field(String name, ValueType type, @Nullable ValueType items, boolean required) {
  public Field {
    if ((type == ValueType.ARRAY) != (items != null) || items == ValueType.ARRAY) {
      throw new IllegalArgumentException("an array, and nothing else, has items: " + name);
    }
  }

  /** A field of single values. */
  public Field(String name, ValueType type, boolean required) {
    this(name, type, null, required);
  }
}
