package dev.unisono.engine.merge;

import dev.unisono.engine.config.FuzzyRule;
import dev.unisono.engine.match.FuzzyMatcher;
import dev.unisono.engine.match.FuzzyMatcher.Block;
import dev.unisono.engine.match.MatchScore;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The records that a row without one is like, by the fuzzy rules of its entity. For the writer's
 * thread.
 */
final class FuzzySearch {
  /** So many that a row is like are told of, those that it is like the most. */
  private static final int MOST = 20;

  private final MergePlan plan;
  private final MatchIndex index;
  private final ApartTable apart;

  /** How often a block had more records than are looked at. */
  private long crowded;

  FuzzySearch(MergePlan plan, MatchIndex index, ApartTable apart) {
    this.plan = plan;
    this.index = index;
    this.apart = apart;
  }

  /** Gives a record by its number. */
  interface Records {
    MergedRecord of(long number) throws SQLException;
  }

  /**
   * A record that a row is like. Immutable.
   *
   * @param sure true where it is so much so that both are one
   */
  record Candidate(long record, MatchScore score, boolean sure) {}

  /** What a row is like, the most alike first; nothing where it is like none. */
  List<Candidate> find(
      Connection connection, MergeMember member, Key local, Row clean, Records records)
      throws SQLException {
    if (plan.fuzzy().isEmpty()) {
      return List.of();
    }
    ApartTable.Rows others = apart.of(connection, member, local);
    Map<Long, Candidate> found = new HashMap<>();
    for (FuzzyMatcher matcher : plan.fuzzy()) {
      for (long number : candidates(connection, matcher, clean)) {
        MergedRecord record = records.of(number);
        if (record.exists && lacks(record, member) && !others.have(record)) {
          Candidate candidate = candidate(matcher, record, clean);
          if (candidate != null) {
            found.merge(number, candidate, FuzzySearch::better);
          }
        }
      }
    }
    return found.values().stream()
        .sorted(
            Comparator.comparing(Candidate::sure)
                .thenComparingDouble(candidate -> candidate.score().total())
                .reversed()
                .thenComparingLong(Candidate::record))
        .limit(MOST)
        .toList();
  }

  private Set<Long> candidates(Connection connection, FuzzyMatcher matcher, Row clean)
      throws SQLException {
    Set<Long> candidates = new LinkedHashSet<>();
    int limit = matcher.rule().blockLimit();
    for (Block block : matcher.blocks(clean)) {
      List<Long> records = index.find(connection, MatchIndex.of(block), limit + 1);
      if (records.size() > limit) {
        crowded++;
      }
      candidates.addAll(records.subList(0, Math.min(limit, records.size())));
    }
    return candidates;
  }

  /** It has no row of that member, and none is about to be made there. */
  private static boolean lacks(MergedRecord record, MergeMember member) {
    MemberView view = record.members[member.number()];
    return view.shadow == null && view.pending == null;
  }

  private static @Nullable Candidate candidate(
      FuzzyMatcher matcher, MergedRecord record, Row clean) {
    MatchScore score = matcher.score(record.image(), clean);
    FuzzyRule rule = matcher.rule();
    return score == null || score.total() < Math.min(rule.review(), rule.link())
        ? null
        : new Candidate((Long) record.key().part(0), score, score.total() >= rule.link());
  }

  private static Candidate better(Candidate one, Candidate other) {
    if (one.sure() != other.sure()) {
      return one.sure() ? one : other;
    }
    return other.score().total() > one.score().total() ? other : one;
  }

  /** How alike two records are, where that is enough for a person to be asked; else null. */
  @Nullable MatchScore score(MergedRecord one, MergedRecord other) {
    Candidate best = null;
    for (FuzzyMatcher matcher : plan.fuzzy()) {
      Candidate candidate = candidate(matcher, one, other.image());
      if (candidate != null) {
        best = best == null ? candidate : better(best, candidate);
      }
    }
    return best == null ? null : best.score();
  }

  /** How often since this was last asked a block had more records than are looked at. */
  long takeCrowded() {
    long taken = crowded;
    crowded = 0;
    return taken;
  }
}
