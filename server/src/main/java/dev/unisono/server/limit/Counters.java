package dev.unisono.server.limit;

/**
 * How much one subject of a rule has used of each of its levels. Guarded by its own monitor.
 *
 * @param idleNanos without a request for so long it is as good as new
 */
@SuppressWarnings("ArrayRecordComponent") // it is what changes; never compared
record Counters(long[] state, long idleNanos) {
  Counters(int numbers, long idleNanos) {
    this(new long[numbers], idleNanos);
  }
}
