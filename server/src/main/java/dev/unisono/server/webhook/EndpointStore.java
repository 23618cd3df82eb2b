package dev.unisono.server.webhook;

import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.state.DoorsDatabase;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The endpoints and how far each is, durably. What is beyond an endpoint's cursor, or waits, has
 * not been delivered as far as anybody knows. Safe for threads.
 */
final class EndpointStore {
  private static final String COLUMNS =
      "id, url, entities, filter, payload, format, description, enabled, secret, secret_before,"
          + " secret_until, created, epoch, sequence, disabled_code, disabled_why, disabled_at,"
          + " failing_since, gap_from, gap_to, gap_at, gap_told";

  private final DoorsDatabase database;

  EndpointStore(DoorsDatabase database) {
    this.database = database;
    database.define(
        """
        CREATE TABLE IF NOT EXISTS webhook_endpoint (
          id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL, entities TEXT NOT NULL,
          filter TEXT, payload TEXT, format TEXT, description TEXT NOT NULL,
          enabled INTEGER NOT NULL, secret TEXT NOT NULL, secret_before TEXT, secret_until INTEGER,
          created INTEGER NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,
          disabled_code TEXT, disabled_why TEXT, disabled_at INTEGER, failing_since INTEGER,
          gap_from TEXT, gap_to TEXT, gap_at INTEGER, gap_told INTEGER)\
        """,
        """
        CREATE TABLE IF NOT EXISTS webhook_waiting (
          endpoint INTEGER NOT NULL, sequence INTEGER NOT NULL, part INTEGER NOT NULL,
          line INTEGER NOT NULL, attempts INTEGER NOT NULL,
          PRIMARY KEY (endpoint, sequence, part)) WITHOUT ROWID\
        """);
  }

  /** A message that has failed, or is behind one of the same key that has. */
  record Waiting(long sequence, int part, long line, int attempts) {}

  /**
   * Registers an endpoint.
   *
   * @param after what it is sent begins behind this
   */
  Endpoint add(
      EndpointSettings settings,
      boolean enabled,
      WebhookSecret secret,
      Cursor after,
      Instant created) {
    return database.transaction(connection -> {
      try (PreparedStatement insert =
          connection.prepareStatement(
              "INSERT INTO webhook_endpoint (url, entities, filter, payload, format, description,"
                  + " enabled, secret, created, epoch, sequence)"
                  + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              Statement.RETURN_GENERATED_KEYS)) {
        setSettings(insert, settings);
        insert.setBoolean(7, enabled);
        insert.setString(8, secret.text());
        insert.setLong(9, created.toEpochMilli());
        insert.setLong(10, after.epoch());
        insert.setLong(11, after.sequence());
        insert.executeUpdate();
        try (ResultSet key = insert.getGeneratedKeys()) {
          key.next();
          return find(connection, key.getLong(1)).orElseThrow();
        }
      }
    });
  }

  private static void setSettings(PreparedStatement statement, EndpointSettings settings)
      throws SQLException {
    statement.setString(1, settings.url().toString());
    statement.setString(2, String.join("\n", settings.entities()));
    statement.setString(3, settings.filter());
    statement.setString(4, settings.payload());
    statement.setString(5, settings.format());
    statement.setString(6, settings.description());
  }

  int count() {
    return database.transaction(connection -> {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT count(*) FROM webhook_endpoint")) {
        row.next();
        return row.getInt(1);
      }
    });
  }

  List<Endpoint> list(long after, int limit) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT " + COLUMNS + " FROM webhook_endpoint WHERE id > ? ORDER BY id LIMIT ?")) {
        select.setLong(1, after);
        select.setInt(2, limit);
        try (ResultSet row = select.executeQuery()) {
          List<Endpoint> endpoints = new ArrayList<>();
          while (row.next()) {
            endpoints.add(endpoint(row));
          }
          return endpoints;
        }
      }
    });
  }

  Optional<Endpoint> find(long id) {
    return database.transaction(connection -> find(connection, id));
  }

  private static Optional<Endpoint> find(Connection connection, long id) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT " + COLUMNS + " FROM webhook_endpoint WHERE id = ?")) {
      select.setLong(1, id);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(endpoint(row)) : Optional.empty();
      }
    }
  }

  private static Endpoint endpoint(ResultSet row) throws SQLException {
    String entities = row.getString("entities");
    String before = row.getString("secret_before");
    String disabled = row.getString("disabled_code");
    String gap = row.getString("gap_from");
    return new Endpoint(
        row.getLong("id"),
        new EndpointSettings(
            URI.create(row.getString("url")),
            entities.isEmpty() ? List.of() : Arrays.asList(entities.split("\n", -1)),
            row.getString("filter"),
            row.getString("payload"),
            row.getString("format"),
            row.getString("description")),
        row.getBoolean("enabled"),
        new WebhookSecret(row.getString("secret")),
        before == null
            ? null
            : new Endpoint.Before(
                new WebhookSecret(before), Instant.ofEpochMilli(row.getLong("secret_until"))),
        Instant.ofEpochMilli(row.getLong("created")),
        new Cursor(row.getLong("epoch"), row.getLong("sequence")),
        disabled == null
            ? null
            : new Endpoint.Disabled(
                disabled,
                row.getString("disabled_why"),
                Instant.ofEpochMilli(row.getLong("disabled_at"))),
        time(row, "failing_since"),
        gap == null
            ? null
            : new Endpoint.Gap(
                gap,
                row.getString("gap_to"),
                Instant.ofEpochMilli(row.getLong("gap_at")),
                row.getBoolean("gap_told")));
  }

  private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
    long millis = row.getLong(column);
    return row.wasNull() ? null : Instant.ofEpochMilli(millis);
  }

  /** What waits for an endpoint, in the journal's order. */
  List<Waiting> waiting(long endpoint) {
    return database.transaction(connection -> {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT sequence, part, line, attempts FROM webhook_waiting WHERE endpoint = ?"
                  + " ORDER BY sequence, part")) {
        select.setLong(1, endpoint);
        try (ResultSet row = select.executeQuery()) {
          List<Waiting> waiting = new ArrayList<>();
          while (row.next()) {
            waiting.add(new Waiting(row.getLong(1), row.getInt(2), row.getLong(3), row.getInt(4)));
          }
          return waiting;
        }
      }
    });
  }

  void change(long id, EndpointSettings settings, boolean enabled) {
    update(
        "UPDATE webhook_endpoint SET url = ?, entities = ?, filter = ?, payload = ?, format = ?,"
            + " description = ?, enabled = ? WHERE id = ?",
        statement -> {
          setSettings(statement, settings);
          statement.setBoolean(7, enabled);
          statement.setLong(8, id);
        });
  }

  /** Lets an endpoint be sent something again, as if nothing had failed. */
  void enable(long id) {
    update(
        "UPDATE webhook_endpoint SET enabled = 1, disabled_code = NULL, disabled_why = NULL,"
            + " disabled_at = NULL, failing_since = NULL WHERE id = ?",
        statement -> statement.setLong(1, id));
  }

  void disable(long id, Endpoint.Disabled disabled) {
    update(
        "UPDATE webhook_endpoint SET enabled = 0, disabled_code = ?, disabled_why = ?,"
            + " disabled_at = ? WHERE id = ?",
        statement -> {
          statement.setString(1, disabled.code());
          statement.setString(2, disabled.message());
          statement.setLong(3, disabled.at().toEpochMilli());
          statement.setLong(4, id);
        });
  }

  /** A new secret, beside which the present one signs until a time. */
  void rotate(long id, WebhookSecret secret, Instant until) {
    update(
        "UPDATE webhook_endpoint SET secret_before = secret, secret = ?, secret_until = ?"
            + " WHERE id = ?",
        statement -> {
          statement.setString(1, secret.text());
          statement.setLong(2, until.toEpochMilli());
          statement.setLong(3, id);
        });
  }

  /** Sends again what is behind a cursor, and forgets what waited. */
  void replay(long id, Cursor after) {
    database.transaction(connection -> {
      forgetWaiting(connection, id);
      moveCursor(connection, id, after);
      return null;
    });
  }

  void remove(long id) {
    database.transaction(connection -> {
      forgetWaiting(connection, id);
      run(connection, "DELETE FROM webhook_attempt WHERE endpoint = ?", id);
      run(connection, "DELETE FROM webhook_endpoint WHERE id = ?", id);
      return null;
    });
  }

  /**
   * Notes that something is no longer held: what waited of it is given up.
   *
   * @param cursor where it goes on
   * @param lost up to which sequence nothing that waits can be read any more
   */
  void gap(long id, Endpoint.Gap gap, Cursor cursor, long lost) {
    database.transaction(connection -> {
      run(connection, "DELETE FROM webhook_waiting WHERE endpoint = ? AND sequence <= ?", id, lost);
      moveCursor(connection, id, cursor);
      try (PreparedStatement update =
          connection.prepareStatement(
              "UPDATE webhook_endpoint SET gap_from = ?, gap_to = ?, gap_at = ?, gap_told = 0"
                  + " WHERE id = ?")) {
        update.setString(1, gap.from());
        update.setString(2, gap.to());
        update.setLong(3, gap.at().toEpochMilli());
        update.setLong(4, id);
        update.executeUpdate();
      }
      return null;
    });
  }

  void gapTold(Connection connection, long id) throws SQLException {
    run(connection, "UPDATE webhook_endpoint SET gap_told = 1 WHERE id = ?", id);
  }

  /** Something that is done as a whole or not at all. */
  <T extends @Nullable Object> T transaction(DoorsDatabase.Work<T> work) {
    return database.transaction(work);
  }

  void moveCursor(Connection connection, long id, Cursor cursor) throws SQLException {
    run(
        connection,
        "UPDATE webhook_endpoint SET epoch = ?, sequence = ? WHERE id = ?",
        cursor.epoch(),
        cursor.sequence(),
        id);
  }

  void failingSince(Connection connection, long id, @Nullable Instant since) throws SQLException {
    if (since == null) {
      run(connection, "UPDATE webhook_endpoint SET failing_since = NULL WHERE id = ?", id);
    } else {
      run(
          connection,
          "UPDATE webhook_endpoint SET failing_since = ? WHERE id = ?",
          since.toEpochMilli(),
          id);
    }
  }

  void keepWaiting(Connection connection, long id, Waiting waiting) throws SQLException {
    run(
        connection,
        "INSERT OR REPLACE INTO webhook_waiting VALUES (?, ?, ?, ?, ?)",
        id,
        waiting.sequence(),
        waiting.part(),
        waiting.line(),
        waiting.attempts());
  }

  void noLongerWaiting(Connection connection, long id, long sequence, int part)
      throws SQLException {
    run(
        connection,
        "DELETE FROM webhook_waiting WHERE endpoint = ? AND sequence = ? AND part = ?",
        id,
        sequence,
        part);
  }

  private static void forgetWaiting(Connection connection, long id) throws SQLException {
    run(connection, "DELETE FROM webhook_waiting WHERE endpoint = ?", id);
  }

  private static void run(Connection connection, String sql, long... values) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setLong(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }

  private interface Values {
    void set(PreparedStatement statement) throws SQLException;
  }

  private void update(String sql, Values values) {
    database.transaction(connection -> {
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        values.set(statement);
        statement.executeUpdate();
      }
      return null;
    });
  }
}
