package dev.unisono.engine.state;

import dev.unisono.engine.validate.SchemaComparison;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The schemas that entities have had since the state was made. Has no state of its own. */
public final class SchemaVersions {
  static final String TABLE =
      "CREATE TABLE IF NOT EXISTS schema_version (entity TEXT NOT NULL, version INTEGER NOT NULL,"
          + " since INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (entity, version))"
          + " WITHOUT ROWID";

  private SchemaVersions() {}

  /**
   * A schema that an entity has, or had. Immutable.
   *
   * @param version from 1
   * @param since when a server first ran with it
   * @param document the key and the schema: {@code {"key": […], "schema": {…}}}
   */
  public record SchemaVersion(int version, Instant since, String document) {}

  /** Keeps a schema as the entity's newest, where it says something else than the newest. */
  static void note(Connection connection, String entity, String document, Instant now)
      throws SQLException {
    List<SchemaVersion> known = of(connection, entity);
    if (!known.isEmpty() && SchemaComparison.same(known.getLast().document(), document)) {
      return;
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO schema_version VALUES (?, ?, ?, ?)")) {
      insert.setString(1, entity);
      insert.setInt(2, known.size() + 1);
      insert.setLong(3, now.toEpochMilli());
      insert.setString(4, document);
      insert.executeUpdate();
    }
  }

  /** All of an entity, the oldest first. */
  static List<SchemaVersion> of(Connection connection, String entity) throws SQLException {
    List<SchemaVersion> versions = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT version, since, document FROM schema_version WHERE entity = ?"
                + " ORDER BY version")) {
      select.setString(1, entity);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          versions.add(
              new SchemaVersion(
                  rows.getInt(1), Instant.ofEpochMilli(rows.getLong(2)), rows.getString(3)));
        }
      }
    }
    return versions;
  }

  /** By entity the newest; nothing in a state that was made before they were kept. */
  static Map<String, String> newest(Connection connection) throws SQLException {
    Map<String, String> newest = new HashMap<>();
    try (Statement statement = connection.createStatement()) {
      try (ResultSet table =
          statement.executeQuery("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'")) {
        if (!table.next()) {
          return newest;
        }
      }
      try (ResultSet rows =
          statement.executeQuery("SELECT entity, document FROM schema_version ORDER BY version")) {
        while (rows.next()) {
          newest.put(rows.getString(1), rows.getString(2));
        }
      }
    }
    return newest;
  }
}
