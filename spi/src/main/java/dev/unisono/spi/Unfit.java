package dev.unisono.spi;

/**
 * What stands in a row where a source found a value that is none of the field's type: the row is
 * refused with it, and never taken over. Immutable.
 *
 * @param found what was found, for people
 */
public record Unfit(String found) {}
