package dev.unisono.spi;

/**
 * One field of a {@link Schema}: its name, its type and whether null is refused. Immutable.
 *
 * @param required true where a null is refused by the entity's schema
 */
public record Field(String name, ValueType type, boolean required) {}
