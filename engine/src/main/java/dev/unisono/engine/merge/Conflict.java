package dev.unisono.engine.merge;

import dev.unisono.spi.Row;
import org.jspecify.annotations.Nullable;

/**
 * Two members wrote a field of a record, neither in knowledge of the other. Immutable.
 *
 * @param field the field's position; EXISTENCE where one deleted what the other edited
 * @param base what the later one to arrive was made on, in its member; null where that had nothing
 * @param kept the side that the record has from now on; the newer one where it has neither's value
 * @param result what it has where that is neither's value; else null
 * @param rule what decided, by its name in the config
 * @param open true where a person is to decide
 * @param firstLoad true where both were there before anything was merged
 */
record Conflict(
    int field,
    @Nullable Row base,
    Side kept,
    Side other,
    @Nullable Row result,
    String rule,
    boolean open,
    boolean firstLoad) {
  static final int EXISTENCE = -1;

  /**
   * One of the two. Immutable.
   *
   * @param row what it wrote: of a field that alone, else the whole; null where it deleted
   */
  record Side(@Nullable Row row, Stamp version) {}
}
