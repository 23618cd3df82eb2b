package dev.unisono.engine.entity;

import dev.unisono.spi.ValueType;

/**
 * One field of an entity and how it is written in JSON. Immutable.
 *
 * @param jsonNumber for a DECIMAL: true where the schema says {@code type: number}, so that it is a
 *     JSON number with every digit kept; else it is a JSON string
 * @param jsonSchema the field's JSON Schema as the config has it, in JSON text
 */
public record EntityField(
    String name, ValueType type, boolean required, boolean jsonNumber, String jsonSchema) {}
