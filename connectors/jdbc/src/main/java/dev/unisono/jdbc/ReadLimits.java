package dev.unisono.jdbc;

import dev.unisono.spi.Settings;
import java.time.Duration;

/**
 * How much is read at once and how fast, as configured. Immutable.
 *
 * @param poll how long after a look that found nothing the next one comes
 * @param batchChanges entries of the log that are read at once
 * @param batchBytes no more entries are read at once beyond so many bytes of memory
 * @param chunkRows rows of a table's snapshot that are read at once
 * @param rowsPerSecond how fast snapshots and comparisons may be; 0 for as fast as can be
 * @param repairing whether a log that is lost is given up, and all compared
 */
record ReadLimits(
    Duration poll,
    int batchChanges,
    long batchBytes,
    int chunkRows,
    int rowsPerSecond,
    boolean repairing) {
  static ReadLimits of(Settings settings) {
    return new ReadLimits(
        settings.duration("poll"),
        (int) settings.number("read-batch"),
        settings.number("read-batch-bytes"),
        (int) settings.number("snapshot-chunk"),
        settings.optionalNumber("snapshot-rate").orElse(0L).intValue(),
        settings.text("on-log-loss").equals("repair"));
  }
}
