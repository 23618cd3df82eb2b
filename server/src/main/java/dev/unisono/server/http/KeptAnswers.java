package dev.unisono.server.http;

import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Caller;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Answers to requests that their callers named, durably: so a request that is sent again is
 * answered as it was, and nothing is done twice, also beyond a crash. Safe for threads.
 */
public final class KeptAnswers {
  static final Duration LIFETIME = Duration.ofHours(24);

  /** The oldest go first. */
  private static final int MOST = 100_000;

  /** How often what is over is looked for, in requests. */
  private static final int UPKEEP_EVERY = 1_000;

  private final DoorsDatabase database;
  private final InstantSource clock;

  /** Of requests that are being done: one that another start of the server began is not. */
  private final String run = UUID.randomUUID().toString();

  private int begun;

  public KeptAnswers(DoorsDatabase database, InstantSource clock) {
    this.database = database;
    this.clock = clock;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS kept_answer (
          caller TEXT NOT NULL, name TEXT NOT NULL, request BLOB NOT NULL, begun INTEGER NOT NULL,
          run TEXT, status INTEGER, headers TEXT, body BLOB,
          PRIMARY KEY (caller, name)) WITHOUT ROWID\
        """,
        "CREATE INDEX IF NOT EXISTS kept_answer_begun ON kept_answer (begun)");
  }

  /** An answer as it was given. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Answer(int status, String headers, byte[] body) {}

  /** What is known of a request. */
  sealed interface Known {
    /** Nobody has sent it before: it is to be done, and then {@link #keep kept} or released. */
    record Nothing() implements Known {}

    /** It is being done. */
    record Running() implements Known {}

    /** The server ended while it was being done: nobody knows what became of it. */
    record Interrupted() implements Known {}

    /** Under that name something else was asked for. */
    record Another() implements Known {}

    record Answered(Answer answer) implements Known {}
  }

  /**
   * Begins a request, unless it was sent before.
   *
   * @param name what its caller calls it
   * @param request a digest of all that it asks for
   */
  Known begin(Caller caller, String name, byte[] request) {
    return database.transaction(connection -> {
      long now = clock.millis();
      forget(connection, now);
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT request, run, status, headers, body FROM kept_answer"
                  + " WHERE caller = ? AND name = ? AND begun > ?")) {
        select.setString(1, caller.name());
        select.setString(2, name);
        select.setLong(3, now - LIFETIME.toMillis());
        try (ResultSet row = select.executeQuery()) {
          if (row.next()) {
            return known(row, request);
          }
        }
      }
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT OR REPLACE INTO kept_answer (caller, name, request, begun, run)"
                  + " VALUES (?, ?, ?, ?, ?)")) {
        insert.setString(1, caller.name());
        insert.setString(2, name);
        insert.setBytes(3, request);
        insert.setLong(4, now);
        insert.setString(5, run);
        insert.executeUpdate();
      }
      return new Known.Nothing();
    });
  }

  private Known known(ResultSet row, byte[] request) throws SQLException {
    if (!MessageDigest.isEqual(row.getBytes(1), request)) {
      return new Known.Another();
    }
    String by = row.getString(2);
    if (by != null) {
      return by.equals(run) ? new Known.Running() : new Known.Interrupted();
    }
    return new Known.Answered(new Answer(row.getInt(3), row.getString(4), row.getBytes(5)));
  }

  private void forget(Connection connection, long now) throws SQLException {
    if (begun++ % UPKEEP_EVERY != 0) {
      return;
    }
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM kept_answer WHERE begun <= max(?, coalesce((SELECT begun FROM kept_answer"
                + " ORDER BY begun DESC LIMIT 1 OFFSET ?), 0))")) {
      delete.setLong(1, now - LIFETIME.toMillis());
      delete.setInt(2, MOST);
      delete.executeUpdate();
    }
  }

  /** Keeps what a request was answered by, before the caller has it. */
  void keep(Caller caller, String name, Answer answer) {
    update(
        caller,
        name,
        "UPDATE kept_answer SET run = NULL, status = ?, headers = ?, body = ?"
            + " WHERE caller = ? AND name = ?",
        answer);
  }

  /** Lets a request be done anew: nothing was. */
  void release(Caller caller, String name) {
    update(caller, name, "DELETE FROM kept_answer WHERE caller = ? AND name = ?", null);
  }

  private void update(Caller caller, String name, String sql, @Nullable Answer answer) {
    database.transaction(connection -> {
      try (PreparedStatement update = connection.prepareStatement(sql)) {
        int next = 1;
        if (answer != null) {
          update.setInt(next++, answer.status());
          update.setString(next++, answer.headers());
          update.setBytes(next++, answer.body());
        }
        update.setString(next++, caller.name());
        update.setString(next, name);
        update.executeUpdate();
      }
      return null;
    });
  }
}
