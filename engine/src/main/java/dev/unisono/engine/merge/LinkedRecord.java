package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import java.util.Map;

/**
 * Which rows of its members a record is. Immutable.
 *
 * @param number its number in the state
 * @param keys by system the key that the record has there; none where it has no row
 */
public record LinkedRecord(long number, Map<String, Key> keys) {
  /** A row of a member, by which its record is named. Immutable. */
  public record Place(String system, Key key) {}
}
