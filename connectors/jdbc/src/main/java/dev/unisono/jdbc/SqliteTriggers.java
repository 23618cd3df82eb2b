package dev.unisono.jdbc;

import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How SQLite writes changes down. The log has a column without a type for each value, so that each
 * keeps its storage class; a trigger reads the row that was stored instead of the one that was
 * given. A row that REPLACE removes fires no trigger of its own: what could be removed is noted
 * before, and what is gone after.
 */
final class SqliteTriggers implements TriggerDialect {
  private static final String PREFIX = "unisono_";
  private static final long PRUNE_MILLIS = 1_000;

  private final SqliteDialect dialect;

  SqliteTriggers(SqliteDialect dialect) {
    this.dialect = dialect;
  }

  @Override
  public boolean there(Connection connection) throws SQLException {
    return width(connection, TriggerLog.LOG, "v") >= 0 && width(connection, REPLACED, "o") >= 0;
  }

  private static final String REPLACED = "unisono_replaced";

  /** How many columns with a letter and a number a table has; -1 where there is no such table. */
  static int width(Connection connection, String table, String letter) throws SQLException {
    int width = -1;
    try (PreparedStatement select =
        connection.prepareStatement("SELECT name FROM pragma_table_info(?)")) {
      select.setString(1, table);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          width = Math.max(width, 0);
          width += row.getString(1).matches(letter + "[0-9]+") ? 1 : 0;
        }
      }
    }
    return width;
  }

  @Override
  public List<String> make(Connection connection, int keyWidth, int width) throws SQLException {
    List<String> statements = new ArrayList<>();
    int values = width(connection, TriggerLog.LOG, "v");
    int keys = width(connection, TriggerLog.LOG, "o");
    if (values < 0) {
      statements.add(
          "CREATE TABLE "
              + TriggerLog.LOG
              + " (place INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, shape INTEGER,"
              + " number INTEGER, at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) *"
              + " 86400000 AS INTEGER))"
              + numbered(", o", 0, keyWidth)
              + numbered(", v", 0, width)
              + ")");
    } else {
      added(statements, TriggerLog.LOG, "o", keys, keyWidth);
      added(statements, TriggerLog.LOG, "v", values, width);
    }
    int replaced = width(connection, REPLACED, "o");
    if (replaced < 0) {
      statements.add(
          "CREATE TABLE "
              + REPLACED
              + " (shape INTEGER NOT NULL"
              + numbered(", o", 0, keyWidth)
              + ")");
    } else {
      added(statements, REPLACED, "o", replaced, keyWidth);
    }
    return statements;
  }

  private static void added(
      List<String> statements, String table, String letter, int from, int to) {
    for (int i = from; i < to; i++) {
      statements.add("ALTER TABLE " + table + " ADD COLUMN " + letter + i);
    }
  }

  static String numbered(String before, int from, int to) {
    return IntStream.range(from, Math.max(from, to))
        .mapToObj(i -> before + i)
        .collect(Collectors.joining());
  }

  @Override
  public List<String> install(Connection connection, Shape shape, Table table) throws SQLException {
    List<Set<String>> replacing = replacing(connection, shape);
    boolean beside = replacing.stream().anyMatch(columns -> !isKey(columns, shape));
    String at = " ON " + table.sqlName() + " BEGIN ";
    String gone = gone(shape, table);
    String pair = numbered(", o", 0, shape.key().size());
    List<String> statements = new ArrayList<>();
    if (beside) {
      statements.add(
          trigger(shape, "before_insert", "BEFORE INSERT")
              + at
              + candidates(shape, table, replacing, "NEW")
              + "END");
    }
    statements.add(
        trigger(shape, "insert", "AFTER INSERT")
            + at
            + (beside ? gone + ")" + clear(shape) : "")
            + kept(connection, shape, table, LogEntry.INSERT, "", "")
            + "END");
    Set<String> unique = new LinkedHashSet<>();
    replacing.forEach(unique::addAll);
    statements.add(
        trigger(shape, "before_update", "BEFORE UPDATE OF " + quoted(List.copyOf(unique), ""))
            + at
            + candidates(shape, table, replacing, "OLD")
            + "END");
    statements.add(
        trigger(shape, "update", "AFTER UPDATE")
            + at
            + gone
            // A row that was there under the key that this one has now.
            + " OR ("
            + same(shape)
            + "))"
            + clear(shape)
            + kept(
                connection, shape, table, LogEntry.UPDATE, pair, ", " + quoted(shape.key(), "OLD."))
            + "END");
    statements.add(
        trigger(shape, "delete", "AFTER DELETE")
            + at
            + "INSERT INTO "
            + TriggerLog.LOG
            + " (kind, shape"
            + pair
            + ") VALUES ('delete', "
            + shape.number()
            + ", "
            + quoted(shape.key(), "OLD.")
            + "); END");
    return statements;
  }

  private static String trigger(Shape shape, String name, String when) {
    return "CREATE TRIGGER " + PREFIX + shape.number() + "_" + name + " " + when;
  }

  private String quoted(List<String> columns, String of) {
    return columns.stream()
        .map(column -> of + dialect.quote(column))
        .collect(Collectors.joining(", "));
  }

  /** Rows that have a unique value which the new row will have, too. */
  private String candidates(Shape shape, Table table, List<Set<String>> replacing, String itself) {
    String taken =
        replacing.stream()
            .filter(columns -> itself.equals("OLD") || !isKey(columns, shape))
            .map(columns ->
                columns.stream()
                    .map(column -> dialect.quote(column) + " = NEW." + dialect.quote(column))
                    .collect(Collectors.joining(" AND ", "(", ")")))
            .collect(Collectors.joining(" OR "));
    String own =
        shape.key().stream()
            .map(column ->
                dialect.quote(column)
                    + " COLLATE BINARY IS "
                    + itself
                    + "."
                    + dialect.quote(column))
            .collect(Collectors.joining(" AND "));
    return "DELETE FROM "
        + REPLACED
        + " WHERE shape = "
        + shape.number()
        + "; INSERT INTO "
        + REPLACED
        + " (shape"
        + numbered(", o", 0, shape.key().size())
        + ") SELECT "
        + shape.number()
        + ", "
        + quoted(shape.key(), "")
        + " FROM "
        + table.sqlName()
        + " WHERE ("
        + taken
        + ") AND NOT ("
        + own
        + "); ";
  }

  /** Writes down which of the candidates are not there any more. */
  private String gone(Shape shape, Table table) {
    String there =
        IntStream.range(0, shape.key().size())
            .mapToObj(i -> "t." + dialect.quote(shape.key().get(i)) + " COLLATE BINARY IS r.o" + i)
            .collect(Collectors.joining(" AND "));
    String names = numbered(", o", 0, shape.key().size());
    return "INSERT INTO "
        + TriggerLog.LOG
        + " (kind, shape"
        + names
        + ") SELECT 'delete', "
        + shape.number()
        + names.replace(", o", ", r.o")
        + " FROM "
        + REPLACED
        + " AS r WHERE r.shape = "
        + shape.number()
        + " AND (NOT EXISTS (SELECT 1 FROM "
        + table.sqlName()
        + " AS t WHERE "
        + there
        + ")";
  }

  private static String clear(Shape shape) {
    return "; DELETE FROM " + REPLACED + " WHERE shape = " + shape.number() + "; ";
  }

  private String same(Shape shape) {
    return IntStream.range(0, shape.key().size())
        .mapToObj(i -> "r.o" + i + " IS NEW." + dialect.quote(shape.key().get(i)))
        .collect(Collectors.joining(" AND "));
  }

  /** Writes down the row as it was stored. */
  private String kept(
      Connection connection, Shape shape, Table table, String kind, String keys, String oldKey)
      throws SQLException {
    return "INSERT INTO "
        + TriggerLog.LOG
        + " (kind, shape"
        + keys
        + numbered(", v", 0, shape.columns().size())
        + ") SELECT '"
        + kind
        + "', "
        + shape.number()
        + oldKey
        + ", "
        + quoted(shape.columns(), "")
        + " FROM "
        + table.sqlName()
        + " WHERE "
        + itself(connection, table)
        + "; ";
  }

  /** The condition that tells the row that the trigger is fired for. */
  private String itself(Connection connection, Table table) throws SQLException {
    Set<String> lower =
        table.columns().keySet().stream()
            .map(name -> name.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    List<String> primary = new ArrayList<>();
    boolean withoutRowid = false;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?")) {
      select.setString(1, table.name());
      try (ResultSet row = select.executeQuery()) {
        withoutRowid = row.next() && row.getBoolean(1);
      }
    }
    if (withoutRowid) {
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk")) {
        select.setString(1, table.name());
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            primary.add(row.getString(1));
          }
        }
      }
      return primary.stream()
          .map(name -> dialect.quote(name) + " = NEW." + dialect.quote(name))
          .collect(Collectors.joining(" AND "));
    }
    String rowid =
        List.of("rowid", "_rowid_", "oid").stream()
            .filter(name -> !lower.contains(name))
            .findFirst()
            .orElseThrow(() -> new SQLException("each name of the rowid is that of a column"));
    return rowid + " = NEW." + rowid;
  }

  private static boolean isKey(Set<String> columns, Shape shape) {
    return columns.equals(new HashSet<>(shape.key()));
  }

  /** The columns of each unique index, those for some rows only among them. */
  private static List<Set<String>> replacing(Connection connection, Shape shape)
      throws SQLException {
    Map<String, Set<String>> indexes = new LinkedHashMap<>();
    TreeMap<Integer, String> primary = new TreeMap<>();
    try (PreparedStatement select =
        connection.prepareStatement("SELECT pk, name FROM pragma_table_info(?) WHERE pk > 0")) {
      select.setString(1, shape.table());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          primary.put(row.getInt(1), row.getString(2));
        }
      }
    }
    if (!primary.isEmpty()) {
      indexes.put("", new LinkedHashSet<>(primary.values()));
    }
    Set<String> unfit = new HashSet<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT l.name, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE"
                + " l.\"unique\"")) {
      select.setString(1, shape.table());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          String column = row.getString(2);
          if (column == null) {
            unfit.add(row.getString(1));
          } else {
            indexes.computeIfAbsent(row.getString(1), any -> new LinkedHashSet<>()).add(column);
          }
        }
      }
    }
    indexes.keySet().removeAll(unfit);
    Set<Set<String>> distinct = new LinkedHashSet<>(indexes.values());
    distinct.add(new LinkedHashSet<>(shape.key()));
    return List.copyOf(distinct);
  }

  @Override
  public int triggers(Connection connection, Shape shape, Table table) throws SQLException {
    return install(connection, shape, table).size();
  }

  @Override
  public Map<Long, List<String>> installed(Connection connection, @Nullable Table table)
      throws SQLException {
    Map<Long, List<String>> found = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT name, tbl_name FROM sqlite_schema WHERE type = 'trigger'")) {
      while (row.next()) {
        String name = row.getString(1);
        boolean meant = table == null || row.getString(2).equalsIgnoreCase(table.name());
        if (meant && name.matches(PREFIX + "[0-9]+_(before_)?(insert|update|delete)")) {
          long number = Long.parseLong(name.split("_", -1)[1]);
          found.computeIfAbsent(number, any -> new ArrayList<>()).add("DROP TRIGGER " + name);
        }
      }
    }
    return found;
  }

  @Override
  public List<String> unmake() {
    return List.of("DROP TABLE IF EXISTS " + TriggerLog.LOG, "DROP TABLE IF EXISTS " + REPLACED);
  }

  @Override
  public long highest(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT seq FROM sqlite_sequence WHERE name = '" + TriggerLog.LOG + "'")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  @Override
  public Object decode(ValueType type, Object kept) {
    return SqliteValue.of(type, kept);
  }

  @Override
  public LogReading reading(Connection connection, Map<Long, Shape> shapes) throws SQLException {
    return new SqliteLogReading(connection, shapes);
  }

  @Override
  public boolean definesInTransactions() {
    return true;
  }

  @Override
  public long pruneMillis() {
    return PRUNE_MILLIS;
  }

  @Override
  public @Nullable String hindrance(Connection connection) throws SQLException {
    SqliteDialect.execute(connection, "BEGIN IMMEDIATE");
    SqliteDialect.execute(connection, "ROLLBACK");
    return null;
  }
}
