package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A table as the server describes it. Immutable.
 *
 * @param columns by name, in table order
 * @param primaryKey the columns of its primary key, in key order
 * @param plain true for a base table, as opposed to a view, a sequence, or one that keeps its
 *     history
 * @param transactional true where a snapshot shows it as it was at one moment
 * @param rowsEstimated the server's estimate; -1 where it has none
 */
record Table(
    Name name,
    Map<String, Column> columns,
    List<String> primaryKey,
    Set<Set<String>> uniqueKeys,
    boolean plain,
    boolean transactional,
    long rowsEstimated) {

  /** Where a table is. Immutable. */
  record Name(String database, String table) {
    /**
     * As the config names it.
     *
     * @param inDatabase where it is, if the name does not say
     */
    static Name parse(String named, String inDatabase) {
      int dot = named.indexOf('.');
      return dot < 0
          ? new Name(inDatabase, named)
          : new Name(named.substring(0, dot), named.substring(dot + 1));
    }

    /** The name as people write it, and as state and messages hold it. */
    String plain() {
      return database + "." + table;
    }

    /** The name as statements need it. */
    String sql() {
      return Database.quote(database) + "." + Database.quote(table);
    }
  }

  /**
   * One column.
   *
   * @param charset null where it holds no text
   * @param generated true where the server computes it
   */
  record Column(
      String name,
      ColumnType type,
      Optional<String> charset,
      boolean nullable,
      boolean generated) {}

  /** Looks a table up; empty where there is none of that name, or the user may not see it. */
  static Optional<Table> find(Connection connection, Name name) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE = 'BASE TABLE',"
                + " coalesce(e.TRANSACTIONS = 'YES', 0), coalesce(t.TABLE_ROWS, -1)"
                + " FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e"
                + " ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?")) {
      select.setString(1, name.database());
      select.setString(2, name.table());
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        Name exact = new Name(row.getString(1), row.getString(2));
        Map<String, List<String>> unique = uniqueKeys(connection, exact);
        Set<Set<String>> sets = new HashSet<>();
        unique.values().forEach(columns -> sets.add(Set.copyOf(columns)));
        return Optional.of(
            new Table(
                exact,
                columns(connection, exact),
                unique.getOrDefault("PRIMARY", List.of()),
                sets,
                row.getBoolean(3),
                row.getBoolean(4),
                row.getLong(5)));
      }
    }
  }

  /**
   * A binding's table.
   *
   * @throws UnisonoException where there is none of its name
   */
  static Table named(Connection connection, Binding binding, String inDatabase)
      throws SQLException {
    return find(connection, Name.parse(binding.table(), inDatabase))
        .orElseThrow(() -> new UnisonoException(missing(binding)));
  }

  static Problem missing(Binding binding) {
    return new Problem(
        "no-such-table",
        ProblemType.USER,
        "There is no table " + binding.table() + ", or it may not be read.",
        binding.configPath() + ".table",
        "Name an existing table, as table or database.table, and grant SELECT on it.");
  }

  private static Map<String, Column> columns(Connection connection, Name name) throws SQLException {
    Map<String, Column> columns = new LinkedHashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, IS_NULLABLE = 'YES',"
                + " IS_GENERATED <> 'NEVER' FROM information_schema.COLUMNS"
                + " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION")) {
      select.setString(1, name.database());
      select.setString(2, name.table());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          columns.put(
              row.getString(1),
              new Column(
                  row.getString(1),
                  ColumnType.of(row.getString(2), row.getString(3)),
                  Optional.ofNullable(row.getString(4)),
                  row.getBoolean(5),
                  row.getBoolean(6)));
        }
      }
    }
    return columns;
  }

  /** By name, columns in key order. */
  private static Map<String, List<String>> uniqueKeys(Connection connection, Name name)
      throws SQLException {
    Map<String, List<String>> keys = new HashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT INDEX_NAME, COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA ="
                + " ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX")) {
      select.setString(1, name.database());
      select.setString(2, name.table());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          keys.computeIfAbsent(row.getString(1), any -> new ArrayList<>()).add(row.getString(2));
        }
      }
    }
    return keys;
  }

  /** The columns that hold a binding's key, in key order. */
  static List<String> keyColumns(Binding binding) {
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < binding.schema().keySize(); i++) {
      String column = binding.column(binding.schema().keyPosition(i));
      if (column == null) {
        throw new IllegalArgumentException(binding + " keeps no column for its key");
      }
      columns.add(column);
    }
    return columns;
  }

  /** What the log is read by. */
  Definition definition() {
    List<Definition.Column> known = new ArrayList<>();
    for (Column column : columns.values()) {
      known.add(
          new Definition.Column(
              column.name(),
              column.type().inLog(),
              column.charset().orElse(""),
              column.nullable()));
    }
    return new Definition(name, known, primaryKey);
  }
}
