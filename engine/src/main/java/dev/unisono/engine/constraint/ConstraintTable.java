package dev.unisono.engine.constraint;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known of records in the state's database, by one connection: which there are, the values
 * by which they are judged, and who has what must be unique. Its statements are made once; after a
 * transaction that failed they are of no use any more. For one thread.
 */
final class ConstraintTable implements AutoCloseable {
  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  ConstraintTable(Connection connection) {
    this.connection = connection;
  }

  private PreparedStatement statement(String sql, int entity, @Nullable Object... values)
      throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    statement.setInt(1, entity);
    for (int i = 0; i < values.length; i++) {
      if (values[i] instanceof byte[] bytes) {
        statement.setBytes(i + 2, bytes);
      } else {
        statement.setObject(i + 2, values[i]);
      }
    }
    return statement;
  }

  /** What is known of a record; null where there is none. */
  byte @Nullable [] parts(int entity, byte[] key) throws SQLException {
    try (ResultSet row =
        statement("SELECT parts FROM standing WHERE entity = ? AND key = ?", entity, key)
            .executeQuery()) {
      return row.next() ? row.getBytes(1) : null;
    }
  }

  void put(int entity, byte[] key, byte[] parts) throws SQLException {
    statement("INSERT OR REPLACE INTO standing VALUES (?, ?, ?)", entity, key, parts)
        .executeUpdate();
  }

  void remove(int entity, byte[] key) throws SQLException {
    statement("DELETE FROM standing WHERE entity = ? AND key = ?", entity, key).executeUpdate();
  }

  void removeAll(int entity) throws SQLException {
    statement("DELETE FROM standing WHERE entity = ?", entity).executeUpdate();
    statement("DELETE FROM unique_value WHERE entity = ?", entity).executeUpdate();
  }

  /**
   * The key of another record that has a value; null where none does.
   *
   * @param was the key that the record had before, which is not another one
   */
  byte @Nullable [] holder(int entity, int rule, byte[] value, byte[] key, byte[] was)
      throws SQLException {
    try (ResultSet row =
        statement(
                "SELECT key FROM unique_value WHERE entity = ? AND rule = ? AND value = ?"
                    + " AND key <> ? AND key <> ? LIMIT 1",
                entity,
                rule,
                value,
                key,
                was)
            .executeQuery()) {
      return row.next() ? row.getBytes(1) : null;
    }
  }

  /** True where a record has a value. */
  boolean holds(int entity, int rule, byte[] value, byte[] key) throws SQLException {
    try (ResultSet row =
        statement(
                "SELECT 1 FROM unique_value WHERE entity = ? AND rule = ? AND value = ?"
                    + " AND key = ?",
                entity,
                rule,
                value,
                key)
            .executeQuery()) {
      return row.next();
    }
  }

  void hold(int entity, int rule, byte[] value, byte[] key) throws SQLException {
    statement("INSERT OR IGNORE INTO unique_value VALUES (?, ?, ?, ?)", entity, rule, value, key)
        .executeUpdate();
  }

  /** True where it had it. */
  boolean letGo(int entity, int rule, byte[] value, byte[] key) throws SQLException {
    return statement(
                "DELETE FROM unique_value WHERE entity = ? AND rule = ? AND value = ? AND key = ?",
                entity,
                rule,
                value,
                key)
            .executeUpdate()
        > 0;
  }

  /** Closes its statements, and not the connection. */
  @Override
  public void close() {
    for (PreparedStatement statement : statements.values()) {
      try {
        statement.close();
      } catch (SQLException gone) {
        // Closed is closed.
      }
    }
    statements.clear();
  }
}
