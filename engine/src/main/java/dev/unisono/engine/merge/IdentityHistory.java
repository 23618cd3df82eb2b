package dev.unisono.engine.merge;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.state.StoredKey;
import dev.unisono.spi.Key;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What became of which rows are one record, for each record of one entity that is more than one row
 * or was: the last of it. For the writer's thread, but for looking.
 */
final class IdentityHistory {
  /** So many of one record are kept. */
  static final int KEPT = 100;

  private final Entity entity;

  IdentityHistory(Entity entity) {
    this.entity = entity;
  }

  /** Keeps what became of a record. */
  void note(Connection connection, long record, IdentityEvent event) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO merge_history (entity, record, at, what, member, key, rule, score, reason)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setInt(1, entity.id());
      insert.setLong(2, record);
      insert.setLong(3, event.at().toEpochMilli());
      insert.setString(4, event.what().name().toLowerCase(Locale.ROOT));
      insert.setString(5, event.system());
      insert.setBytes(6, StoredKey.write(entity, event.key()));
      insert.setString(7, event.rule());
      insert.setObject(8, event.score());
      insert.setString(9, event.reason());
      insert.executeUpdate();
    }
    trim(connection, record);
  }

  private void trim(Connection connection, long record) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM merge_history WHERE id IN (SELECT id FROM merge_history WHERE entity = ?"
                + " AND record = ? ORDER BY id DESC LIMIT -1 OFFSET ?)")) {
      delete.setInt(1, entity.id());
      delete.setLong(2, record);
      delete.setInt(3, KEPT);
      delete.executeUpdate();
    }
  }

  /** A record is another one from now on, with all that became of it. */
  void joined(Connection connection, long gone, long record) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE merge_history SET record = ? WHERE entity = ? AND record = ?")) {
      update.setLong(1, record);
      update.setInt(2, entity.id());
      update.setLong(3, gone);
      update.executeUpdate();
    }
    trim(connection, record);
  }

  /** What became of a record, the oldest first. Safe for threads. */
  List<IdentityEvent> of(Connection connection, long record) throws SQLException {
    List<IdentityEvent> events = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT at, what, member, key, rule, score, reason FROM merge_history WHERE entity = ?"
                + " AND record = ? ORDER BY id")) {
      select.setInt(1, entity.id());
      select.setLong(2, record);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          double score = row.getDouble(6);
          @Nullable Double scored = row.wasNull() ? null : Double.valueOf(score);
          Key key = StoredKey.read(row.getBytes(4));
          events.add(
              new IdentityEvent(
                  Instant.ofEpochMilli(row.getLong(1)),
                  IdentityEvent.What.valueOf(row.getString(2).toUpperCase(Locale.ROOT)),
                  row.getString(3),
                  key,
                  row.getString(5),
                  scored,
                  row.getString(7)));
        }
      }
    }
    return events;
  }
}
