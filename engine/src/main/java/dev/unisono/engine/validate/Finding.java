package dev.unisono.engine.validate;

/**
 * One thing that is wrong with a value. Never holds the value itself. Immutable.
 *
 * @param code what kind: required, too-short, too-long, pattern, minimum, maximum, not-allowed
 * @param field the field's name
 * @param message one sentence for whoever sent the value
 */
public record Finding(String code, String field, String message) {}
