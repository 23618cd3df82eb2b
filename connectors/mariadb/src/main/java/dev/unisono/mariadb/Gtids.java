package dev.unisono.mariadb;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A place in the logs of all servers of a cluster: for each replication domain the global
 * transaction identifier of the last transaction. Immutable.
 *
 * @param last by domain
 */
record Gtids(Map<Long, Gtid> last) {
  /** A transaction's own number, as {@code domain-server-sequence}. Immutable. */
  record Gtid(long domain, long server, long sequence) {
    static Gtid parse(String text) {
      String[] parts = text.strip().split("-", -1);
      return new Gtid(Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
    }

    /** One number for it, told apart from those of other domains; the server's is left out. */
    long number() {
      return (domain << 48) | (sequence & 0xFFFF_FFFF_FFFFL);
    }

    String text() {
      return domain + "-" + server + "-" + sequence;
    }
  }

  /** Where several servers of one domain are named, the last transaction of the domain counts. */
  static Gtids parse(String text) {
    Map<Long, Gtid> last = new TreeMap<>();
    for (String each : text.split(",", -1)) {
      if (!each.isBlank()) {
        Gtid gtid = Gtid.parse(each);
        last.merge(
            gtid.domain(), gtid, (one, other) -> one.sequence() > other.sequence() ? one : other);
      }
    }
    return new Gtids(Map.copyOf(last));
  }

  /** Whether a log that ends there has all up to here. */
  boolean within(Gtids end) {
    return last.values().stream()
        .allMatch(gtid -> {
          Gtid there = end.last.get(gtid.domain());
          return there != null && gtid.sequence() <= there.sequence();
        });
  }

  String text() {
    return new TreeMap<>(last).values().stream().map(Gtid::text).collect(Collectors.joining(","));
  }
}
