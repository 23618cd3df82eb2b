package dev.unisono.mariadb;

import dev.unisono.spi.Settings;
import java.time.Duration;

/**
 * How much is read at once and how fast, as configured. Immutable.
 *
 * @param batchChanges changes that are handed over at once
 * @param batchBytes a batch takes no more changes beyond so many bytes of memory
 * @param chunkRows rows of a table's snapshot that are read at once
 * @param rowsPerSecond how fast snapshots and comparisons may be; 0 for as fast as can be
 * @param heartbeat how often the place in the log is kept while nothing else is handed over
 */
record ReadLimits(
    int batchChanges, long batchBytes, int chunkRows, int rowsPerSecond, Duration heartbeat) {
  static ReadLimits of(Settings settings) {
    return new ReadLimits(
        (int) settings.number("read-batch"),
        settings.number("read-batch-bytes"),
        (int) settings.number("snapshot-chunk"),
        settings.optionalNumber("snapshot-rate").orElse(0L).intValue(),
        settings.duration("heartbeat"));
  }
}
