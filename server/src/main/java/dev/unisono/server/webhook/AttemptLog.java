package dev.unisono.server.webhook;

import dev.unisono.engine.state.DoorsDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last attempts to deliver something, of each endpoint a bounded number. Safe for threads. */
final class AttemptLog {
  /** So many of each endpoint are left when it is trimmed. */
  private static final int KEPT = 1_000;

  private final DoorsDatabase database;

  AttemptLog(DoorsDatabase database) {
    this.database = database;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS webhook_attempt (
          id INTEGER PRIMARY KEY AUTOINCREMENT, endpoint INTEGER NOT NULL, message TEXT NOT NULL,
          event TEXT NOT NULL, attempt INTEGER NOT NULL, at INTEGER NOT NULL,
          millis INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER NOT NULL, detail TEXT)\
        """,
        "CREATE INDEX IF NOT EXISTS webhook_attempt_endpoint ON webhook_attempt (endpoint, id)");
  }

  /**
   * One attempt.
   *
   * @param attempt of this message the how-manieth, from 1
   * @param status what the endpoint answered; 0 where it did not
   */
  record Entry(
      long id,
      String message,
      String event,
      int attempt,
      Instant at,
      Duration took,
      String outcome,
      int status,
      @Nullable String detail) {}

  void add(
      Connection connection,
      long endpoint,
      Message message,
      int number,
      Instant at,
      Duration took,
      Attempt attempt)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO webhook_attempt (endpoint, message, event, attempt, at, millis, outcome,"
                + " status, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setLong(1, endpoint);
      insert.setString(2, message.id());
      insert.setString(3, message.event());
      insert.setInt(4, number);
      insert.setLong(5, at.toEpochMilli());
      insert.setLong(6, took.toMillis());
      insert.setString(7, attempt.outcome().word());
      insert.setInt(8, attempt.status());
      insert.setString(9, attempt.detail());
      insert.executeUpdate();
    }
  }

  /** Lets go of an endpoint's oldest; to be called now and then. */
  void trim(Connection connection, long endpoint) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM webhook_attempt WHERE endpoint = ?1 AND id <= (SELECT id FROM"
                + " webhook_attempt WHERE endpoint = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)")) {
      delete.setLong(1, endpoint);
      delete.setInt(2, KEPT);
      delete.executeUpdate();
    }
  }

  List<Entry> list(long endpoint, long after, int limit) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT id, message, event, attempt, at, millis, outcome, status, detail"
                  + " FROM webhook_attempt WHERE endpoint = ? AND id > ? ORDER BY id LIMIT ?")) {
        select.setLong(1, endpoint);
        select.setLong(2, after);
        select.setInt(3, limit);
        try (ResultSet row = select.executeQuery()) {
          List<Entry> entries = new ArrayList<>();
          while (row.next()) {
            entries.add(
                new Entry(
                    row.getLong(1),
                    row.getString(2),
                    row.getString(3),
                    row.getInt(4),
                    Instant.ofEpochMilli(row.getLong(5)),
                    Duration.ofMillis(row.getLong(6)),
                    row.getString(7),
                    row.getInt(8),
                    row.getString(9)));
          }
          return entries;
        }
      }
    });
  }
}
