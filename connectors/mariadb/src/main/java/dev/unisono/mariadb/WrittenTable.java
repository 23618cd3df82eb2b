package dev.unisono.mariadb;

import dev.unisono.jdbc.Table.Column;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Asks the server for what a target has to know of a table. Has no state. */
final class WrittenTable {
  private WrittenTable() {}

  /** Empty where there is no such table, or the user may not see it. */
  static Optional<dev.unisono.jdbc.Table> find(Connection connection, Table.Name name)
      throws SQLException {
    try (PreparedStatement select =
        prepare(
            connection,
            "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?"
                + " AND TABLE_NAME = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')",
            name)) {
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        Table.Name exact = new Table.Name(row.getString(1), row.getString(2));
        return Optional.of(
            new dev.unisono.jdbc.Table(
                exact.plain(),
                exact.sql(),
                columns(connection, exact),
                uniqueKeys(connection, exact),
                parents(connection, exact),
                removalReachesOthers(connection, exact)));
      }
    }
  }

  private static PreparedStatement prepare(Connection connection, String query, Table.Name name)
      throws SQLException {
    PreparedStatement select = connection.prepareStatement(query);
    try {
      select.setString(1, name.database());
      select.setString(2, name.table());
      return select;
    } catch (SQLException failed) {
      select.close();
      throw failed;
    }
  }

  private static Map<String, Column> columns(Connection connection, Table.Name name)
      throws SQLException {
    Map<String, Column> columns = new LinkedHashMap<>();
    try (PreparedStatement select =
            prepare(
                connection,
                "SELECT COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE = 'NO', coalesce(COLUMN_DEFAULT,"
                    + " 'NULL') <> 'NULL' OR EXTRA LIKE '%auto_increment%', IS_GENERATED <> 'NEVER'"
                    + " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?"
                    + " ORDER BY ORDINAL_POSITION",
                name);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        columns.put(
            row.getString(1),
            new Column(
                row.getString(1),
                row.getString(2),
                row.getBoolean(3),
                row.getBoolean(4),
                row.getBoolean(5)));
      }
    }
    return columns;
  }

  /** Those of whole columns. */
  private static List<Set<String>> uniqueKeys(Connection connection, Table.Name name)
      throws SQLException {
    Map<String, Set<String>> keys = new LinkedHashMap<>();
    try (PreparedStatement select =
            prepare(
                connection,
                "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS s WHERE"
                    + " TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 AND NOT EXISTS"
                    + " (SELECT 1 FROM information_schema.STATISTICS p WHERE p.TABLE_SCHEMA ="
                    + " s.TABLE_SCHEMA AND p.TABLE_NAME = s.TABLE_NAME AND p.INDEX_NAME ="
                    + " s.INDEX_NAME AND p.SUB_PART IS NOT NULL) ORDER BY INDEX_NAME, SEQ_IN_INDEX",
                name);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        keys.computeIfAbsent(row.getString(1), any -> new LinkedHashSet<>()).add(row.getString(2));
      }
    }
    return List.copyOf(keys.values());
  }

  private static Set<String> parents(Connection connection, Table.Name name) throws SQLException {
    Set<String> parents = new LinkedHashSet<>();
    try (PreparedStatement select =
            prepare(
                connection,
                "SELECT UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME FROM"
                    + " information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ? AND"
                    + " TABLE_NAME = ?",
                name);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        parents.add(new Table.Name(row.getString(1), row.getString(2)).plain());
      }
    }
    return parents;
  }

  private static boolean removalReachesOthers(Connection connection, Table.Name name)
      throws SQLException {
    try (PreparedStatement select =
            prepare(
                connection,
                "SELECT count(*) FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE"
                    + " UNIQUE_CONSTRAINT_SCHEMA = ? AND REFERENCED_TABLE_NAME = ? AND DELETE_RULE"
                    + " NOT IN ('NO ACTION', 'RESTRICT')",
                name);
        ResultSet row = select.executeQuery()) {
      return row.next() && row.getLong(1) > 0;
    }
  }
}
