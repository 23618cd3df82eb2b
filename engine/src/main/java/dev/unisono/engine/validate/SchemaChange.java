package dev.unisono.engine.validate;

/**
 * One difference between a schema and the one before it. Immutable.
 *
 * @param path where in the entity, such as {@code schema.properties.email.maxLength}
 * @param breaking whether rows that pass by the one before may be refused, or who reads them may
 *     miss something
 * @param message one sentence for who changes it
 */
public record SchemaChange(String path, boolean breaking, String message) {}
