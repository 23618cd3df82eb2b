package dev.unisono.spi;

/**
 * A JSON document as text, exactly as its system gave it; two are equal when their texts are.
 * Immutable.
 */
public record Json(String text) {}
