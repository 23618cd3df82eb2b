package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which record a row of a member is, for one entity of which each member has keys of its own: by
 * links that are kept, and for rows without one by the match rules. For the writer's thread.
 */
final class RecordLinks {
  private final MergePlan plan;
  private final int[] stored;

  /**
   * @param stored by a member's number in the plan its number in the state
   */
  RecordLinks(MergePlan plan, int[] stored) {
    this.plan = plan;
    this.stored = stored.clone();
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

  /** The record is found by its values no more. */
  void forget(Connection connection, long record, Row image) throws SQLException {
    for (Map.Entry<String, String> each : values(image).entrySet()) {
      change(
          connection,
          "DELETE FROM merge_match WHERE entity = ? AND rule = ? AND value = ? AND record = ?",
          each,
          record);
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
   * The one record that a member's row is equal to and that lacks one of that member.
   *
   * @return null where the row is none's
   * @throws AmbiguousMatch where it may be several records', or the member has another row of it
   */
  @Nullable Long match(Connection connection, Row clean, Lacks lacks)
      throws SQLException, AmbiguousMatch {
    List<Long> candidates = matching(connection, clean);
    if (candidates.isEmpty()) {
      return null;
    }
    if (candidates.size() > 1) {
      throw new AmbiguousMatch("equals several records in the fields of a match rule");
    }
    if (!lacks.row(candidates.getFirst())) {
      throw new AmbiguousMatch("equals another row of that system in the fields of a match rule");
    }
    return candidates.getFirst();
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

  /** The records that are equal to a clean row by the first rule that finds any. */
  private List<Long> matching(Connection connection, Row clean) throws SQLException {
    for (Map.Entry<String, String> rule : values(clean).entrySet()) {
      List<Long> found = new ArrayList<>();
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT record FROM merge_match WHERE entity = ? AND rule = ? AND value = ?"
                  + " LIMIT 2")) {
        select.setInt(1, plan.entity().id());
        select.setString(2, rule.getKey());
        select.setString(3, rule.getValue());
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            found.add(row.getLong(1));
          }
        }
      }
      if (!found.isEmpty()) {
        return found;
      }
    }
    return List.of();
  }

  /**
   * Keeps the values up by which a record is found. One that was deleted is still found by those it
   * had: who makes a row anew means the same.
   */
  void moved(Connection connection, long record, Row before, Row after) throws SQLException {
    Map<String, String> old = values(before);
    Map<String, String> now = values(after);
    if (old.equals(now)) {
      return;
    }
    for (Map.Entry<String, String> each : old.entrySet()) {
      if (!each.getValue().equals(now.get(each.getKey()))) {
        change(
            connection,
            "DELETE FROM merge_match WHERE entity = ? AND rule = ? AND value = ? AND record = ?",
            each,
            record);
      }
    }
    for (Map.Entry<String, String> each : now.entrySet()) {
      if (!each.getValue().equals(old.get(each.getKey()))) {
        change(connection, "INSERT OR IGNORE INTO merge_match VALUES (?, ?, ?, ?)", each, record);
      }
    }
  }

  private void change(
      Connection connection, String statement, Map.Entry<String, String> rule, long record)
      throws SQLException {
    try (PreparedStatement change = connection.prepareStatement(statement)) {
      change.setInt(1, plan.entity().id());
      change.setString(2, rule.getKey());
      change.setString(3, rule.getValue());
      change.setLong(4, record);
      change.executeUpdate();
    }
  }

  /** By rule what a row has of its fields; none of rules of which it lacks a value. */
  private Map<String, String> values(Row row) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int[] fields : plan.match()) {
      StringBuilder rule = new StringBuilder();
      StringBuilder text = new StringBuilder();
      boolean whole = true;
      for (int field : fields) {
        Object value = row.value(field);
        whole &= value != null && value != Unchanged.UNCHANGED;
        if (whole && value != null) {
          String part = text(value);
          rule.append(plan.entity().schema().field(field).name()).append('\n');
          // With its length: no two lists of values have the same text.
          text.append(part.length()).append(':').append(part);
        }
      }
      if (whole) {
        values.put(rule.toString(), text.toString());
      }
    }
    return values;
  }

  private static String text(Object value) {
    return value instanceof BigDecimal number
        ? number.stripTrailingZeros().toPlainString()
        : EntityJson.text(value);
  }
}
