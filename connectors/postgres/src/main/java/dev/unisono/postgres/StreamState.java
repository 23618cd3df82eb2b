package dev.unisono.postgres;

import org.postgresql.replication.LogSequenceNumber;

/**
 * How far the log was handed over, as kept with the engine's state. Immutable.
 *
 * @param end everything of transactions that end at or before this position was handed over
 * @param partialCommit the commit position of a transaction of which a part was handed over; 0 for
 *     none
 * @param partialChanges how many of its changes
 */
record StreamState(long end, long partialCommit, long partialChanges) {
  String text() {
    return LogSequenceNumber.valueOf(end).asString()
        + " "
        + LogSequenceNumber.valueOf(partialCommit).asString()
        + " "
        + partialChanges;
  }

  static StreamState parse(String text) {
    String[] parts = text.split(" ", -1);
    return new StreamState(
        LogSequenceNumber.valueOf(parts[0]).asLong(),
        LogSequenceNumber.valueOf(parts[1]).asLong(),
        Long.parseLong(parts[2]));
  }
}
