package dev.unisono.jdbc;

import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** How SQLite is spoken to. Values are kept in the storage class that loses nothing of them. */
final class SqliteDialect implements Dialect {
  static final String KIND = "sqlite";

  /** What SQLite makes of values by a column's declared type; see its page on datatypes. */
  enum Affinity {
    INTEGER,
    TEXT,
    NONE,
    REAL,
    NUMERIC;

    static Affinity of(String declared) {
      String type = declared.toUpperCase(Locale.ROOT);
      if (type.contains("INT")) {
        return INTEGER;
      }
      if (type.contains("CHAR") || type.contains("CLOB") || type.contains("TEXT")) {
        return TEXT;
      }
      if (type.isEmpty() || type.contains("BLOB")) {
        return NONE;
      }
      return type.contains("REAL") || type.contains("FLOA") || type.contains("DOUB")
          ? REAL
          : NUMERIC;
    }
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String quote(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  @Override
  public String newTable(String named) {
    return quote(named);
  }

  @Override
  public Optional<Table> find(Connection connection, String named) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
                + " AND name = ? COLLATE NOCASE")) {
      select.setString(1, named);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(read(connection, row.getString(1), row.getBoolean(2)))
            : Optional.empty();
      }
    }
  }

  private Table read(Connection connection, String name, boolean strict) throws SQLException {
    Map<String, Table.Column> columns = new LinkedHashMap<>();
    TreeMap<Integer, String> primary = new TreeMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?)")) {
      select.setString(1, name);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          String column = row.getString(1);
          String type = row.getString(2);
          String filled = row.getString(4);
          // Of a strict table ANY takes all as it comes; elsewhere it is a number where it can be.
          boolean any = strict && type.equalsIgnoreCase("ANY");
          boolean numbered = row.getInt(5) == 1 && type.equalsIgnoreCase("INTEGER");
          columns.put(
              column,
              new Table.Column(
                  column,
                  any ? "" : type,
                  row.getBoolean(3) || numbered,
                  numbered || (filled != null && !filled.equalsIgnoreCase("NULL")),
                  row.getInt(6) > 1));
          if (row.getInt(5) > 0) {
            primary.put(row.getInt(5), column);
          }
        }
      }
    }
    Set<Set<String>> unique = new LinkedHashSet<>();
    if (!primary.isEmpty()) {
      unique.add(new LinkedHashSet<>(primary.values()));
    }
    unique.addAll(uniqueIndexes(connection, name));
    return new Table(
        name,
        quote(name),
        columns,
        List.copyOf(unique),
        parents(connection, name),
        removalReachesOthers(connection, name));
  }

  private static Set<Set<String>> uniqueIndexes(Connection connection, String table)
      throws SQLException {
    Map<String, Set<String>> indexes = new LinkedHashMap<>();
    Set<String> expressions = new HashSet<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT l.name, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE"
                + " l.\"unique\" AND NOT l.partial")) {
      select.setString(1, table);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          String index = row.getString(1);
          String column = row.getString(2);
          if (column == null) {
            expressions.add(index);
          } else {
            indexes.computeIfAbsent(index, any -> new LinkedHashSet<>()).add(column);
          }
        }
      }
    }
    indexes.keySet().removeAll(expressions);
    return new LinkedHashSet<>(indexes.values());
  }

  private static Set<String> parents(Connection connection, String table) throws SQLException {
    Set<String> parents = new LinkedHashSet<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT m.name FROM pragma_foreign_key_list(?) f JOIN sqlite_schema m ON m.type ="
                + " 'table' AND m.name = f.\"table\" COLLATE NOCASE")) {
      select.setString(1, table);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          parents.add(row.getString(1));
        }
      }
    }
    return parents;
  }

  private static boolean removalReachesOthers(Connection connection, String table)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count(*) FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE m.type ="
                + " 'table' AND f.\"table\" = ? COLLATE NOCASE AND f.on_delete NOT IN ('NO ACTION',"
                + " 'RESTRICT')")) {
      select.setString(1, table);
      try (ResultSet row = select.executeQuery()) {
        return row.next() && row.getLong(1) > 0;
      }
    }
  }

  @Override
  public String columnType(Field field, boolean key) {
    return switch (field.type()) {
      case BOOLEAN -> "BOOLEAN";
      case LONG -> "INTEGER";
      case DECIMAL, STRING, UUID, JSON -> "TEXT";
      case DOUBLE -> "REAL";
      case BYTES, ARRAY -> "BLOB";
      case DATE -> "DATE";
      case TIME -> "TIME";
      case TIMESTAMP -> "TIMESTAMP";
    };
  }

  @Override
  public boolean fits(Table.Column column, Field field) {
    Affinity affinity = Affinity.of(column.type());
    return switch (field.type()) {
      case BOOLEAN, LONG ->
          affinity == Affinity.INTEGER || affinity == Affinity.NUMERIC || affinity == Affinity.NONE;
      case DOUBLE ->
          affinity == Affinity.REAL || affinity == Affinity.NUMERIC || affinity == Affinity.NONE;
      // As a number it keeps 15 digits at least; what has more than it keeps is refused.
      case DECIMAL ->
          affinity == Affinity.TEXT || affinity == Affinity.NONE || affinity == Affinity.NUMERIC;
      // '007' would become 7.
      case STRING, JSON -> affinity == Affinity.TEXT || affinity == Affinity.NONE;
      case BYTES -> affinity == Affinity.NONE;
      // Their texts are no numbers, so that they stay what they are.
      case DATE, TIME, TIMESTAMP, UUID ->
          affinity == Affinity.TEXT || affinity == Affinity.NONE || affinity == Affinity.NUMERIC;
      case ARRAY -> false;
    };
  }

  @Override
  public Flag flag(Table.Column column) {
    String type = column.type().toUpperCase(Locale.ROOT);
    if (type.contains("BOOL") || type.contains("INT")) {
      return Flag.PLAIN;
    }
    Affinity affinity = Affinity.of(type);
    boolean time = type.contains("DATE") || type.contains("TIME");
    return time || affinity == Affinity.TEXT || affinity == Affinity.NONE ? Flag.TIME : Flag.UNFIT;
  }

  @Override
  public String upsert(String table, List<String> columns, List<String> key, String rows) {
    List<String> rest = columns.stream().filter(column -> !key.contains(column)).toList();
    return "INSERT INTO "
        + table
        + " ("
        + String.join(", ", columns)
        + ") "
        + rows
        + " ON CONFLICT ("
        + String.join(", ", key)
        + ") DO "
        + (rest.isEmpty()
            ? "NOTHING"
            : "UPDATE SET "
                + String.join(
                    ", ", rest.stream().map(column -> column + " = excluded." + column).toList()));
  }

  @Override
  public String same(Table.Column column) {
    return quote(column.name()) + " COLLATE BINARY IS ?";
  }

  @Override
  public void bind(
      PreparedStatement statement, int parameter, ValueType type, @Nullable Object value)
      throws SQLException {
    switch (value) {
      case null -> statement.setObject(parameter, null);
      case Boolean flag -> statement.setLong(parameter, flag ? 1 : 0);
      case Long number -> statement.setLong(parameter, number);
      case Double number when type == ValueType.DECIMAL ->
          statement.setString(parameter, number.toString());
      case Double number when number.isNaN() ->
          // It would become null.
          throw new SQLException("SQLite keeps no NaN as a number", UNFIT_VALUE);
      case Double number -> statement.setDouble(parameter, number);
      case byte[] bytes -> statement.setBytes(parameter, bytes);
      case Object[] _ -> throw new SQLException("SQLite keeps no arrays", UNFIT_VALUE);
      default -> statement.setString(parameter, ValueText.write(value));
    }
  }

  /**
   * A decimal in a column of numbers is given as the number that it becomes there: SQLite reads a
   * text of more than 15 digits not always as the nearest one.
   */
  @Override
  public void bind(
      PreparedStatement statement,
      int parameter,
      Table.Column column,
      ValueType type,
      @Nullable Object value)
      throws SQLException {
    if (type == ValueType.DECIMAL && Affinity.of(column.type()) == Affinity.NUMERIC) {
      switch (value) {
        case BigDecimal number -> SqliteValue.bindNumber(statement, parameter, number);
        case Double number when !number.isNaN() -> statement.setDouble(parameter, number);
        case null, default -> bind(statement, parameter, type, value);
      }
    } else {
      bind(statement, parameter, type, value);
    }
  }

  @Override
  public @Nullable Object read(ResultSet row, int column, ValueType type) throws SQLException {
    Object found = row.getObject(column);
    Object value = found instanceof Integer number ? Long.valueOf(number) : found;
    return value == null ? null : SqliteValue.of(type, value);
  }

  /** The driver would begin the next transaction at once, and keep others from writing. */
  @Override
  public void begin(Connection connection) throws SQLException {
    execute(connection, "BEGIN IMMEDIATE");
  }

  @Override
  public void commit(Connection connection) throws SQLException {
    execute(connection, "COMMIT");
  }

  @Override
  public void rollback(Connection connection) throws SQLException {
    execute(connection, "ROLLBACK");
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void deferConstraints(Statement statement) throws SQLException {
    statement.execute("PRAGMA defer_foreign_keys = ON");
  }

  @Override
  public Optional<RowRefusal> refusal(SQLException failed) {
    if (UNFIT_VALUE.equals(failed.getSQLState())) {
      return Optional.of(new RowRefusal(RowRefusal.REFUSED, "a value SQLite cannot keep"));
    }
    if (!(failed instanceof SQLiteException told)) {
      return Optional.empty();
    }
    SQLiteErrorCode code = told.getResultCode();
    return switch (code) {
      case SQLITE_CONSTRAINT_FOREIGNKEY ->
          Optional.of(new RowRefusal(RowRefusal.FOREIGN_KEY, "a foreign key"));
      case SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID ->
          Optional.of(new RowRefusal(RowRefusal.VALUE_TAKEN, named(told)));
      case SQLITE_MISMATCH, SQLITE_TOOBIG ->
          Optional.of(new RowRefusal(RowRefusal.REFUSED, code.name()));
      default ->
          primary(code) == SQLiteErrorCode.SQLITE_CONSTRAINT.code
              ? Optional.of(new RowRefusal(RowRefusal.REFUSED, named(told)))
              : Optional.empty();
    };
  }

  private static int primary(SQLiteErrorCode code) {
    return code.code & 0xff;
  }

  /** SQLite names what was in the way in the words of its message alone. */
  private static String named(SQLiteException told) {
    String text = Database.firstLine(told.getMessage());
    int from = text.lastIndexOf('(');
    int to = text.lastIndexOf(')');
    return from < 0 || to < from ? told.getResultCode().name() : text.substring(from + 1, to);
  }

  @Override
  public Problem problem(String system, String doing, SQLException failed) {
    String message = doing + " failed: " + Database.firstLine(failed.getMessage()) + ".";
    String path = "systems." + system;
    int primary = failed instanceof SQLiteException told ? primary(told.getResultCode()) : 1;
    return switch (SQLiteErrorCode.getErrorCode(primary)) {
      case SQLITE_BUSY, SQLITE_LOCKED ->
          new Problem(
              "database-busy",
              ProblemType.TRANSIENT,
              message,
              path,
              "Another process holds the file; busy-timeout says how long is waited for it.");
      case SQLITE_CANTOPEN ->
          new Problem(
              "unreachable",
              ProblemType.EXTERNAL,
              message,
              path + ".file",
              "Is the file there, and may this user read and write it and its folder?");
      case SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH ->
          new Problem(
              "read-only",
              ProblemType.EXTERNAL,
              message,
              path + ".file",
              "This user must be able to write the file and its folder.");
      case SQLITE_FULL, SQLITE_IOERR, SQLITE_NOMEM ->
          new Problem(
              "out-of-resources",
              ProblemType.RESOURCES,
              message,
              path,
              "Look at the disk, the memory and the limits of the machine.");
      case SQLITE_CORRUPT, SQLITE_NOTADB ->
          new Problem(
              "database-damaged",
              ProblemType.USER,
              message,
              path + ".file",
              "Is it a SQLite database? Look at it by PRAGMA integrity_check, or restore it.");
      case SQLITE_SCHEMA, SQLITE_INTERRUPT, SQLITE_ABORT ->
          new Problem("conflict", ProblemType.TRANSIENT, message, path, "");
      default ->
          new Problem(
              "refused-by-database",
              ProblemType.USER,
              message,
              path,
              "Compare table and columns with the config; `./unisono check` names what differs.");
    };
  }
}
