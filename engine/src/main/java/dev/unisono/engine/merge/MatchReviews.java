package dev.unisono.engine.merge;

import dev.unisono.engine.match.MatchScore;
import dev.unisono.engine.merge.FuzzySearch.Candidate;
import dev.unisono.engine.merge.HeldRecords.Held;
import dev.unisono.engine.merge.PairTable.Pair;
import dev.unisono.spi.Key;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Pairs of records that may be one: kept in the writer's transaction while a person is asked and
 * both are alike. As long as one of them is open, neither record is made in a member that lacks it,
 * so that both can still become one. For the writer's thread, but for the counts.
 */
final class MatchReviews {
  private final HeldRecords records;
  private final InstantSource clock;

  /** By entity how many wait for a person, and how often a block was crowded since the start. */
  private final Map<Integer, Long> open = new ConcurrentHashMap<>();

  private final Map<Integer, Long> crowded = new ConcurrentHashMap<>();

  /** What this transaction makes of the counts. */
  private final Map<Integer, Long> opened = new HashMap<>();

  private final Map<Integer, Long> crowdedNow = new HashMap<>();

  MatchReviews(Connection connection, HeldRecords records, InstantSource clock)
      throws SQLException {
    this.records = records;
    this.clock = clock;
    open.putAll(PairTable.open(connection));
  }

  /** A new record is like others: each pair waits for a person. */
  void ask(Connection connection, EntityMerge of, long record, List<Candidate> like)
      throws SQLException {
    boolean ambiguous = like.stream().filter(Candidate::sure).count() > 1;
    for (Candidate each : like) {
      if (of.links()
          .pairs
          .open(
              connection,
              record,
              each.record(),
              each.score(),
              ambiguous && each.sure(),
              clock.instant())) {
        opened.merge(of.number(), 1L, Long::sum);
      }
    }
  }

  /** Whether a record is held back until a person has decided. */
  boolean waits(Connection connection, Held one) throws SQLException {
    return any(one.of) && !pairs(connection, one).isEmpty();
  }

  private boolean any(EntityMerge of) {
    return of.links != null
        && open.getOrDefault(of.number(), 0L) + opened.getOrDefault(of.number(), 0L) > 0;
  }

  private static List<Pair> pairs(Connection connection, Held one) throws SQLException {
    return one.of.links().pairs.open(connection, number(one));
  }

  static long number(Held one) {
    return (Long) one.record.key().part(0);
  }

  /**
   * A record is another one than it was: its pairs are weighed again, and those close that are too
   * little alike, of which one is deleted, or of which a member has a row of each.
   *
   * @return the other records of those that are closed: they are not held back by them any more
   */
  List<Held> look(Connection connection, Held one) throws SQLException {
    List<Held> freed = new ArrayList<>();
    if (!any(one.of)) {
      return freed;
    }
    for (Pair pair : pairs(connection, one)) {
      Held other = records.of(connection, one.of, new Key(pair.besides(number(one))));
      Held older = number(one) < number(other) ? one : other;
      MatchScore score =
          one.record.exists && other.record.exists && !clash(one, other)
              ? one.of.links().search.score(older.record, (older == one ? other : one).record)
              : null;
      if (score == null) {
        one.of.links().pairs.close(connection, pair);
        closed(one.of);
        freed.add(other);
      } else if (!score.equals(pair.score())) {
        one.of.links().pairs.score(connection, pair, score);
      }
    }
    return freed;
  }

  private static boolean clash(Held one, Held other) {
    return one.of.plan.members().stream()
        .anyMatch(member -> one.view(member).shadow != null && other.view(member).shadow != null);
  }

  /** A pair does not wait any more. */
  void closed(EntityMerge of) {
    opened.merge(of.number(), -1L, Long::sum);
  }

  /**
   * What one record had to wait for, another one that it is now has to.
   *
   * @return records that were asked about beside both, and of which it is known by now what they
   *     are to the other one
   */
  List<Held> joined(Connection connection, Held gone, Held one) throws SQLException {
    List<Held> freed = new ArrayList<>();
    PairTable pairs = one.of.links().pairs;
    for (Pair pair : pairs(connection, gone)) {
      if (pair.besides(number(gone)) == number(one)) {
        continue;
      }
      if (!pairs.rename(connection, pair, number(gone), number(one))) {
        pairs.close(connection, pair);
        closed(one.of);
        freed.add(records.of(connection, one.of, new Key(pair.besides(number(gone)))));
      }
    }
    return freed;
  }

  /** A block had more records than are looked at. */
  void crowded(EntityMerge of) {
    long times = of.links().search.takeCrowded();
    if (times > 0) {
      crowdedNow.merge(of.number(), times, Long::sum);
    }
  }

  void committed() {
    opened.forEach((entity, count) -> open.merge(entity, count, Long::sum));
    crowdedNow.forEach((entity, count) -> crowded.merge(entity, count, Long::sum));
    rolledBack();
  }

  void rolledBack() {
    opened.clear();
    crowdedNow.clear();
  }

  /** How many of an entity wait for a person. From any thread. */
  long open(int entity) {
    return open.getOrDefault(entity, 0L);
  }

  /** How often since the start not all records of a block were looked at. From any thread. */
  long crowdedBlocks(int entity) {
    return crowded.getOrDefault(entity, 0L);
  }
}
