package dev.unisono.engine.merge;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The merged records in the state's database. For the writer's thread; its statements end with the
 * connection's transaction where that fails, and are made anew.
 */
final class MergeTable {
  /** A place among the records: those after it are next. Nobody changes the array. */
  static final class Place {
    static final Place BEGINNING = new Place(-1, new byte[0]);

    private final int entity;
    private final byte[] key;

    Place(int entity, byte[] key) {
      this.entity = entity;
      this.key = key;
    }

    int entity() {
      return entity;
    }

    byte[] key() {
      return key;
    }
  }

  private @Nullable PreparedStatement select;
  private @Nullable PreparedStatement write;
  private @Nullable PreparedStatement count;

  byte @Nullable [] find(Connection connection, int entity, byte[] key) throws SQLException {
    PreparedStatement statement = select;
    if (statement == null) {
      statement =
          connection.prepareStatement("SELECT record FROM merged WHERE entity = ? AND key = ?");
      select = statement;
    }
    statement.setInt(1, entity);
    statement.setBytes(2, key);
    try (ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getBytes(1) : null;
    }
  }

  void write(Connection connection, int entity, byte[] key, long open, byte[] record)
      throws SQLException {
    PreparedStatement statement = write;
    if (statement == null) {
      statement =
          connection.prepareStatement(
              "INSERT INTO merged VALUES (?, ?, ?, ?) ON CONFLICT (entity, key) DO UPDATE SET open"
                  + " = excluded.open, record = excluded.record");
      write = statement;
    }
    statement.setInt(1, entity);
    statement.setBytes(2, key);
    statement.setLong(3, open);
    statement.setBytes(4, record);
    statement.executeUpdate();
  }

  /** The next number of a write; everything below it may have been used. */
  void writeNumbers(Connection connection, long next) throws SQLException {
    PreparedStatement statement = count;
    if (statement == null) {
      statement =
          connection.prepareStatement("INSERT OR REPLACE INTO fact VALUES ('merge-numbers', ?)");
      count = statement;
    }
    statement.setString(1, Long.toString(next));
    statement.executeUpdate();
  }

  static long numbers(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT value FROM fact WHERE name = 'merge-numbers'")) {
      return row.next() ? Long.parseLong(row.getString(1)) : 0;
    }
  }

  /** What is kept under a name of its own; null where there is nothing. */
  static @Nullable String fact(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT value FROM fact WHERE name = ?")) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    }
  }

  static void setFact(Connection connection, String name, String value) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("INSERT OR REPLACE INTO fact VALUES (?, ?)")) {
      statement.setString(1, name);
      statement.setString(2, value);
      statement.executeUpdate();
    }
  }

  /** Places of records of all entities in which some member is waited for. */
  static List<Place> open(Connection connection, Place after, int limit) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT entity, key FROM merged WHERE open <> 0 AND (entity, key) > (?, ?)"
                + " ORDER BY entity, key LIMIT ?")) {
      return places(statement, after, limit);
    }
  }

  /** Places of all records of one entity. */
  static List<Place> all(Connection connection, int entity, Place after, int limit)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT entity, key FROM merged WHERE (entity, key) > (?, ?) AND entity = "
                + entity
                + " ORDER BY entity, key LIMIT ?")) {
      return places(statement, after, limit);
    }
  }

  private static List<Place> places(PreparedStatement statement, Place after, int limit)
      throws SQLException {
    statement.setInt(1, after.entity());
    statement.setBytes(2, after.key());
    statement.setInt(3, limit);
    List<Place> places = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery()) {
      while (rows.next()) {
        places.add(new Place(rows.getInt(1), rows.getBytes(2)));
      }
    }
    return places;
  }

  /** Whether members of an entity are told what the others wrote. */
  static boolean live(Connection connection, int entity) throws SQLException {
    return swept(connection, entity) != null;
  }

  /**
   * Whether all that there was when the entity went live has been looked at; null where it is not
   * live.
   */
  static @Nullable Boolean swept(Connection connection, int entity) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT swept FROM merge_live WHERE entity = ?")) {
      statement.setInt(1, entity);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getBoolean(1) : null;
      }
    }
  }

  static void setLive(Connection connection, int entity, boolean swept) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "INSERT INTO merge_live VALUES (?, ?) ON CONFLICT (entity) DO UPDATE SET swept ="
                + " max(swept, excluded.swept)")) {
      statement.setInt(1, entity);
      statement.setBoolean(2, swept);
      statement.executeUpdate();
    }
  }

  /** The number of a member in this state, given out when it is first seen. */
  static int memberNumber(Connection connection, int entity, String system) throws SQLException {
    try (PreparedStatement insert =
            connection.prepareStatement(
                "INSERT OR IGNORE INTO merge_member (entity, system) VALUES (?, ?)");
        PreparedStatement find =
            connection.prepareStatement(
                "SELECT id FROM merge_member WHERE entity = ? AND system = ?")) {
      insert.setInt(1, entity);
      insert.setString(2, system);
      insert.executeUpdate();
      find.setInt(1, entity);
      find.setString(2, system);
      try (ResultSet row = find.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  /** What was prepared is of no use any more. */
  void forget() {
    select = null;
    write = null;
    count = null;
  }
}
