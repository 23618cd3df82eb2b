package dev.unisono.engine.merge;

import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Rows of which a person has said that they are not one record, so that no fuzzy rule takes them
 * for one again: by their keys in their members, whatever becomes of the records. For the writer's
 * thread.
 */
final class ApartTable {
  private final MergePlan plan;
  private final int[] stored;

  /**
   * @param stored by a member's number in the plan its number in the state
   */
  ApartTable(MergePlan plan, int[] stored) {
    this.plan = plan;
    this.stored = stored.clone();
  }

  /** Each row of one record is another record's than each row of the other. */
  void set(Connection connection, MergedRecord one, MergedRecord other) throws SQLException {
    change(connection, "INSERT OR IGNORE INTO merge_apart VALUES (?, ?, ?, ?, ?)", one, other);
  }

  /** They are one after all. */
  void forget(Connection connection, MergedRecord one, MergedRecord other) throws SQLException {
    change(
        connection,
        "DELETE FROM merge_apart WHERE entity = ? AND member = ? AND key = ? AND other_member = ?"
            + " AND other_key = ?",
        one,
        other);
  }

  private void change(Connection connection, String statement, MergedRecord one, MergedRecord other)
      throws SQLException {
    try (PreparedStatement change = connection.prepareStatement(statement)) {
      for (MergeMember member : plan.members()) {
        for (MergeMember there : plan.members()) {
          Key key = one.keyIn(member);
          Key keyThere = other.keyIn(there);
          if (key != null && keyThere != null) {
            change(change, member, key, there, keyThere);
            change(change, there, keyThere, member, key);
          }
        }
      }
    }
  }

  private void change(
      PreparedStatement change, MergeMember member, Key key, MergeMember there, Key keyThere)
      throws SQLException {
    change.setInt(1, plan.entity().id());
    change.setInt(2, stored[member.number()]);
    change.setBytes(3, StoredKey.write(plan.entity(), key));
    change.setInt(4, stored[there.number()]);
    change.setBytes(5, StoredKey.write(plan.entity(), keyThere));
    change.executeUpdate();
  }

  /** A row has another key. */
  void moved(Connection connection, MergeMember member, Key from, Key to) throws SQLException {
    for (String side : new String[] {"", "other_"}) {
      try (PreparedStatement update =
          connection.prepareStatement(
              "UPDATE OR IGNORE merge_apart SET "
                  + side
                  + "key = ? WHERE entity = ? AND "
                  + side
                  + "member = ? AND "
                  + side
                  + "key = ?")) {
        update.setBytes(1, StoredKey.write(plan.entity(), to));
        update.setInt(2, plan.entity().id());
        update.setInt(3, stored[member.number()]);
        update.setBytes(4, StoredKey.write(plan.entity(), from));
        update.executeUpdate();
      }
    }
  }

  /** The rows that a row is not one record with. */
  Rows of(Connection connection, MergeMember member, Key local) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT other_member, other_key FROM merge_apart WHERE entity = ? AND member = ?"
                + " AND key = ?")) {
      select.setInt(1, plan.entity().id());
      select.setInt(2, stored[member.number()]);
      select.setBytes(3, StoredKey.write(plan.entity(), local));
      Set<String> rows = new HashSet<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rows.add(name(row.getInt(1), row.getBytes(2)));
        }
      }
      return record -> {
        for (MergeMember each : rows.isEmpty() ? List.<MergeMember>of() : plan.members()) {
          Key key = record.keyIn(each);
          if (key != null
              && rows.contains(name(stored[each.number()], StoredKey.write(plan.entity(), key)))) {
            return true;
          }
        }
        return false;
      };
    }
  }

  /** Some rows. */
  interface Rows {
    /** Whether a record has one of them. */
    boolean have(MergedRecord record);
  }

  private static String name(int member, byte[] key) {
    return member + " " + HexFormat.of().formatHex(key);
  }
}
