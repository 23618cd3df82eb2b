package dev.unisono.engine.merge;

import dev.unisono.spi.Key;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The conflicts of all merged entities: written in the writer's transaction, those that wait for a
 * person kept until one has decided, of the others the last. For the writer's thread, but for the
 * counts.
 */
final class ConflictInbox {
  /** So many that are decided are kept; open ones are never dropped. */
  static final int KEPT = 10_000;

  /** How many come before it is looked whether there are too many. */
  private static final int LOOK = 500;

  private final ConflictTable table;
  private final InstantSource clock;
  private final AtomicLong seen = new AtomicLong();
  private final Map<Integer, Long> open = new ConcurrentHashMap<>();

  /** What this transaction makes of the counts, by entity. */
  private final Map<Integer, Long> opened = new HashMap<>();

  private long noted;
  private int sinceLook;

  ConflictInbox(Connection connection, ConflictTable table, InstantSource clock)
      throws SQLException {
    this.table = table;
    this.clock = clock;
    open.putAll(ConflictTable.open(connection));
  }

  /** Keeps what two members did to a record. */
  void note(Connection connection, MergePlan plan, Key key, List<Conflict> conflicts)
      throws SQLException {
    for (Conflict conflict : conflicts) {
      noted++;
      if (table.write(connection, plan, key, conflict, clock.instant()) && conflict.open()) {
        opened.merge(plan.entity().id(), 1L, Long::sum);
      }
      if (++sinceLook >= LOOK) {
        sinceLook = 0;
        ConflictTable.trim(connection, KEPT);
      }
    }
  }

  Instant now() {
    return clock.instant();
  }

  ConflictTable table() {
    return table;
  }

  /** So many of an entity do not wait any more. */
  void closed(int entity, int count) {
    opened.merge(entity, (long) -count, Long::sum);
  }

  void committed() {
    opened.forEach((entity, count) -> open.merge(entity, count, Long::sum));
    seen.addAndGet(noted);
    forget();
  }

  void rolledBack() {
    forget();
  }

  private void forget() {
    opened.clear();
    noted = 0;
  }

  /** How often since the start something was in conflict. From any thread. */
  long seen() {
    return seen.get();
  }

  /** How many of an entity wait for a person. From any thread. */
  long open(int entity) {
    return open.getOrDefault(entity, 0L);
  }
}
