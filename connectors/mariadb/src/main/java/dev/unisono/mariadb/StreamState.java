package dev.unisono.mariadb;

import dev.unisono.mariadb.Gtids.Gtid;
import java.util.List;

/**
 * How far the binlog was handed over, as kept with the engine's state. Immutable.
 *
 * @param place where reading goes on: the begin of a transaction of which a part was handed over,
 *     or all, or the end of the last one
 * @param gtids what had been committed before that
 * @param gtid the transaction that begins at the place; empty where none of it was handed over
 * @param handedOver how many of its changes were
 * @param count how many transactions were read so far, this one with them
 * @param server the server's number
 */
record StreamState(
    LogPlace place, String gtids, String gtid, long handedOver, long count, long server) {
  private static final String NONE = "-";

  String text() {
    return String.join(
        " ",
        List.of(
            place.file(),
            Long.toString(place.position()),
            orNone(gtids),
            orNone(gtid),
            Long.toString(handedOver),
            Long.toString(count),
            Long.toString(server)));
  }

  private static String orNone(String text) {
    return text.isEmpty() ? NONE : text;
  }

  static StreamState parse(String text) {
    String[] parts = text.split(" ", -1);
    return new StreamState(
        new LogPlace(parts[0], Long.parseLong(parts[1])),
        parts[2].equals(NONE) ? "" : parts[2],
        parts[3].equals(NONE) ? "" : parts[3],
        Long.parseLong(parts[4]),
        Long.parseLong(parts[5]),
        Long.parseLong(parts[6]));
  }

  /** Whether a transaction is the one of which a part was handed over. */
  boolean within(Gtid transaction) {
    return !gtid.isEmpty() && gtid.equals(transaction.text());
  }
}
