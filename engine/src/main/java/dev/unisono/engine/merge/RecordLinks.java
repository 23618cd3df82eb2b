package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which record a row of a member is, for one entity of which each member has keys of its own: by
 * links that are kept, and for rows without one by the exact match rules. For the writer's thread.
 */
final class RecordLinks {
  private final MergePlan plan;
  private final int[] stored;

  /** The values by which records are found. */
  final MatchIndex index;

  /** The rows that somebody has said to be two. */
  final ApartTable apart;

  final PairTable pairs;
  final IdentityHistory history;
  final FuzzySearch search;

  /**
   * @param stored by a member's number in the plan its number in the state
   */
  RecordLinks(MergePlan plan, int[] stored) {
    this.plan = plan;
    this.stored = stored.clone();
    this.index = new MatchIndex(plan);
    this.apart = new ApartTable(plan, stored);
    this.pairs = new PairTable(plan.entity());
    this.history = new IdentityHistory(plan.entity());
    this.search = new FuzzySearch(plan, index, apart);
  }

  /** The record of a member's row; null where there is no link yet. */
  @Nullable Long find(Connection connection, MergeMember member, Key local) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT record FROM merge_link WHERE entity = ? AND member = ? AND key = ?")) {
      select.setInt(1, plan.entity().id());
      select.setInt(2, stored[member.number()]);
      select.setBytes(3, StoredKey.write(plan.entity(), local));
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : null;
      }
    }
  }

  /** The key that the first of a record's members has for it; null where none has it. */
  static @Nullable Key key(Connection connection, Entity entity, Key record) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT key FROM merge_link WHERE entity = ? AND record = ? ORDER BY member LIMIT 1")) {
      select.setInt(1, entity.id());
      select.setLong(2, (Long) record.part(0));
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? StoredKey.read(row.getBytes(1)) : null;
      }
    }
  }

  /** The record that the first of the members that has such a key means by it. */
  static @Nullable Long record(Connection connection, Entity entity, Key local)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT l.record FROM merge_member m JOIN merge_link l ON l.entity = m.entity AND"
                + " l.member = m.id AND l.key = ? WHERE m.entity = ? ORDER BY m.id LIMIT 1")) {
      select.setBytes(1, StoredKey.write(entity, local));
      select.setInt(2, entity.id());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : null;
      }
    }
  }

  void link(Connection connection, MergeMember member, Key local, long record) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT OR REPLACE INTO merge_link VALUES (?, ?, ?, ?)")) {
      insert.setInt(1, plan.entity().id());
      insert.setInt(2, stored[member.number()]);
      insert.setBytes(3, StoredKey.write(plan.entity(), local));
      insert.setLong(4, record);
      insert.executeUpdate();
    }
  }

  void unlink(Connection connection, MergeMember member, Key local) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM merge_link WHERE entity = ? AND member = ? AND key = ?")) {
      delete.setInt(1, plan.entity().id());
      delete.setInt(2, stored[member.number()]);
      delete.setBytes(3, StoredKey.write(plan.entity(), local));
      delete.executeUpdate();
    }
  }

  /** Whether a record has no row of the member yet. */
  interface Lacks {
    boolean row(long record) throws SQLException;
  }

  /**
   * The record that a row is equal to. Immutable.
   *
   * @param rule the fields by which it was found
   */
  record Equal(long record, String rule) {}

  /**
   * The one record that a member's row is equal to.
   *
   * @return null where the row is none's
   * @throws AmbiguousMatch where it may be several records', or the member has another row of it
   */
  @Nullable Equal match(Connection connection, Row clean, Lacks lacks)
      throws SQLException, AmbiguousMatch {
    for (MatchIndex.Value value : index.exact(clean)) {
      List<Long> found = index.find(connection, value, 2);
      if (found.size() > 1) {
        throw new AmbiguousMatch("equals several records in the fields of a match rule");
      }
      if (!found.isEmpty()) {
        if (!lacks.row(found.getFirst())) {
          throw new AmbiguousMatch(
              "equals another row of that system in the fields of a match rule");
        }
        return new Equal(found.getFirst(), value.fields());
      }
    }
    return null;
  }

  /** Why a row is no record's. */
  static final class AmbiguousMatch extends Exception {
    private static final long serialVersionUID = 1L;

    AmbiguousMatch(String why) {
      super(why, null, false, false);
    }

    Problem problem(MergeMember member, Key local) {
      return new Problem(
          "match-ambiguous",
          ProblemType.USER,
          "The row "
              + local
              + " of "
              + member.system()
              + " "
              + getMessage()
              + ": it takes no part.",
          member.binding().configPath(),
          "Correct the row or delete the one too many; its next change is looked at again.");
    }
  }
}
