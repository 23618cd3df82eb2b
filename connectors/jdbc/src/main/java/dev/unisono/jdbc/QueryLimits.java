package dev.unisono.jdbc;

import dev.unisono.spi.Settings;
import java.time.Duration;

/**
 * How often and how much is asked of a database that is read by queries, as configured. Immutable.
 *
 * @param poll how long after a poll that found no full page the next one comes
 * @param overlap how far behind the highest cursor value each poll begins, of times
 * @param overlapCount the same of numbers
 * @param deletesEvery how long after a comparison of keys the next one begins; zero for never
 * @param pageRows rows that a poll reads at once
 * @param chunkRows rows or keys that a snapshot or a comparison reads at once
 * @param rowsPerSecond how fast snapshots and comparisons may be; 0 for as fast as can be
 */
record QueryLimits(
    Duration poll,
    Duration overlap,
    long overlapCount,
    Duration deletesEvery,
    int pageRows,
    int chunkRows,
    int rowsPerSecond) {
  static QueryLimits of(Settings settings) {
    return new QueryLimits(
        settings.duration("poll"),
        settings.duration("overlap"),
        settings.number("overlap-count"),
        settings.duration("deletes-every"),
        (int) settings.number("read-batch"),
        (int) settings.number("snapshot-chunk"),
        settings.optionalNumber("snapshot-rate").orElse(0L).intValue());
  }
}
