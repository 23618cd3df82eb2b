package dev.unisono.engine.entity;

import dev.unisono.spi.ValueType;
import org.jspecify.annotations.Nullable;

/**
 * One field of an entity and how it is written in JSON. Immutable.
 *
 * @param items for an ARRAY how its elements are written; else null
 * @param jsonNumber for a DECIMAL: true where the schema says {@code type: number}, so that it is a
 *     JSON number with every digit kept; else it is a JSON string
 * @param jsonSchema the field's JSON Schema as the config has it, in JSON text
 */
public record EntityField(
    String name,
    ValueType type,
    @Nullable EntityField items,
    boolean required,
    boolean jsonNumber,
    String jsonSchema) {
  /** A field of single values. */
  public EntityField(
      String name, ValueType type, boolean required, boolean jsonNumber, String jsonSchema) {
    this(name, type, null, required, jsonNumber, jsonSchema);
  }
}
