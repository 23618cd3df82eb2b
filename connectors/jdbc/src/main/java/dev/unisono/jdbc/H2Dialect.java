package dev.unisono.jdbc;

import dev.unisono.spi.Field;
import dev.unisono.spi.Json;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.ValueType;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.h2.api.ErrorCode;
import org.jspecify.annotations.Nullable;

/** How H2 is spoken to. Sessions are in UTC. */
final class H2Dialect implements Dialect {
  static final String KIND = "h2";
  private static final String DEFAULT_SCHEMA = "PUBLIC";

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String quote(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }

  private static String schema(String named) {
    int dot = named.indexOf('.');
    return dot < 0 ? DEFAULT_SCHEMA : named.substring(0, dot);
  }

  private static String plain(String named) {
    return named.substring(named.indexOf('.') + 1);
  }

  @Override
  public String newTable(String named) {
    return quote(schema(named)) + "." + quote(plain(named));
  }

  @Override
  public Optional<Table> find(Connection connection, String named) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT 1 FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND"
                + " TABLE_TYPE = 'BASE TABLE'")) {
      setName(select, named);
      try (ResultSet row = select.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(
        new Table(
            schema(named) + "." + plain(named),
            newTable(named),
            columns(connection, named),
            uniqueKeys(connection, named),
            parents(connection, named),
            removalReachesOthers(connection, named)));
  }

  private static void setName(PreparedStatement statement, String named) throws SQLException {
    statement.setString(1, schema(named));
    statement.setString(2, plain(named));
  }

  private static Map<String, Table.Column> columns(Connection connection, String named)
      throws SQLException {
    Map<String, Table.Column> columns = new LinkedHashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE = 'NO', COLUMN_DEFAULT IS NOT NULL OR"
                + " IS_IDENTITY = 'YES', IS_GENERATED <> 'NEVER' OR"
                + " COALESCE(IDENTITY_GENERATION, '') = 'ALWAYS' FROM INFORMATION_SCHEMA.COLUMNS"
                + " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION")) {
      setName(select, named);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          columns.put(
              row.getString(1),
              new Table.Column(
                  row.getString(1),
                  row.getString(2),
                  row.getBoolean(3),
                  row.getBoolean(4),
                  row.getBoolean(5)));
        }
      }
    }
    return columns;
  }

  private static List<Set<String>> uniqueKeys(Connection connection, String named)
      throws SQLException {
    Map<String, Set<String>> keys = new LinkedHashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT I.INDEX_NAME, C.COLUMN_NAME FROM INFORMATION_SCHEMA.INDEXES I JOIN"
                + " INFORMATION_SCHEMA.INDEX_COLUMNS C ON C.INDEX_SCHEMA = I.INDEX_SCHEMA AND"
                + " C.INDEX_NAME = I.INDEX_NAME AND C.TABLE_NAME = I.TABLE_NAME WHERE"
                + " I.TABLE_SCHEMA = ? AND I.TABLE_NAME = ? AND (I.INDEX_TYPE_NAME = 'PRIMARY KEY'"
                + " OR C.IS_UNIQUE)")) {
      setName(select, named);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          keys.computeIfAbsent(row.getString(1), any -> new LinkedHashSet<>())
              .add(row.getString(2));
        }
      }
    }
    return new ArrayList<>(keys.values());
  }

  private static Set<String> parents(Connection connection, String named) throws SQLException {
    Set<String> parents = new LinkedHashSet<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT P.TABLE_SCHEMA || '.' || P.TABLE_NAME FROM"
                + " INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS R JOIN"
                + " INFORMATION_SCHEMA.TABLE_CONSTRAINTS C ON C.CONSTRAINT_SCHEMA ="
                + " R.CONSTRAINT_SCHEMA AND C.CONSTRAINT_NAME = R.CONSTRAINT_NAME JOIN"
                + " INFORMATION_SCHEMA.TABLE_CONSTRAINTS P ON P.CONSTRAINT_SCHEMA ="
                + " R.UNIQUE_CONSTRAINT_SCHEMA AND P.CONSTRAINT_NAME = R.UNIQUE_CONSTRAINT_NAME"
                + " WHERE C.TABLE_SCHEMA = ? AND C.TABLE_NAME = ?")) {
      setName(select, named);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          parents.add(row.getString(1));
        }
      }
    }
    return parents;
  }

  private static boolean removalReachesOthers(Connection connection, String named)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count(*) FROM INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS R JOIN"
                + " INFORMATION_SCHEMA.TABLE_CONSTRAINTS P ON P.CONSTRAINT_SCHEMA ="
                + " R.UNIQUE_CONSTRAINT_SCHEMA AND P.CONSTRAINT_NAME = R.UNIQUE_CONSTRAINT_NAME"
                + " WHERE P.TABLE_SCHEMA = ? AND P.TABLE_NAME = ? AND R.DELETE_RULE NOT IN ("
                + "'NO ACTION', 'RESTRICT')")) {
      setName(select, named);
      try (ResultSet row = select.executeQuery()) {
        return row.next() && row.getLong(1) > 0;
      }
    }
  }

  @Override
  public String columnType(Field field, boolean key) {
    return switch (field.type()) {
      case BOOLEAN -> "BOOLEAN";
      case LONG -> "BIGINT";
      case DECIMAL -> "DECFLOAT";
      case DOUBLE -> "DOUBLE PRECISION";
      // A key can have no large object; others may be of any size.
      case STRING -> key ? "CHARACTER VARYING" : "CHARACTER LARGE OBJECT";
      case BYTES -> key ? "BINARY VARYING" : "BINARY LARGE OBJECT";
      case DATE -> "DATE";
      case TIME -> "TIME(6)";
      case TIMESTAMP -> "TIMESTAMP(6) WITH TIME ZONE";
      case UUID -> "UUID";
      // H2's own type would write the document anew.
      case JSON, ARRAY -> "CHARACTER LARGE OBJECT";
    };
  }

  @Override
  public boolean fits(Table.Column column, Field field) {
    return switch (field.type()) {
      case BOOLEAN -> column.type().equals("BOOLEAN");
      case LONG -> Set.of("TINYINT", "SMALLINT", "INTEGER", "BIGINT").contains(column.type());
      case DECIMAL -> Set.of("NUMERIC", "DECFLOAT").contains(column.type());
      case DOUBLE -> column.type().equals("DOUBLE PRECISION");
      case STRING, JSON ->
          Set.of("CHARACTER VARYING", "CHARACTER LARGE OBJECT", "VARCHAR_IGNORECASE")
              .contains(column.type());
      case BYTES -> Set.of("BINARY VARYING", "BINARY LARGE OBJECT").contains(column.type());
      case DATE -> column.type().equals("DATE");
      case TIME -> column.type().equals("TIME");
      case TIMESTAMP -> Set.of("TIMESTAMP", "TIMESTAMP WITH TIME ZONE").contains(column.type());
      case UUID -> column.type().equals("UUID");
      case ARRAY -> false;
    };
  }

  @Override
  public Flag flag(Table.Column column) {
    return switch (column.type()) {
      case "BOOLEAN" -> Flag.PLAIN;
      case "TIMESTAMP", "TIMESTAMP WITH TIME ZONE" -> Flag.TIME;
      default -> Flag.UNFIT;
    };
  }

  @Override
  public String upsert(String table, List<String> columns, List<String> key, String rows) {
    return "MERGE INTO "
        + table
        + " ("
        + String.join(", ", columns)
        + ") KEY ("
        + String.join(", ", key)
        + ") "
        + rows;
  }

  @Override
  public String returning(String insert, List<String> selected) {
    return "SELECT " + String.join(", ", selected) + " FROM FINAL TABLE (" + insert + ")";
  }

  @Override
  public String same(Table.Column column) {
    String name = quote(column.name());
    String exact =
        column.type().equals("VARCHAR_IGNORECASE") ? "CAST(" + name + " AS VARCHAR)" : name;
    return exact + " IS NOT DISTINCT FROM ?";
  }

  @Override
  public void bind(
      PreparedStatement statement, int parameter, ValueType type, @Nullable Object value)
      throws SQLException {
    switch (value) {
      case Double _ when type == ValueType.DECIMAL ->
          throw new SQLException("H2 keeps no NaN and no infinity as a decimal", UNFIT_VALUE);
      case LocalDate date when date.equals(LocalDate.MAX) || date.equals(LocalDate.MIN) ->
          throw new SQLException("H2 keeps no infinite date", UNFIT_VALUE);
      case Instant time when time.equals(Instant.MAX) || time.equals(Instant.MIN) ->
          throw new SQLException("H2 keeps no infinite time", UNFIT_VALUE);
      case Instant time -> statement.setObject(parameter, time.atOffset(ZoneOffset.UTC));
      case Json json -> statement.setString(parameter, json.text());
      case Object[] _ -> throw new SQLException("arrays are not written to H2", UNFIT_VALUE);
      case null, default -> statement.setObject(parameter, value);
    }
  }

  @Override
  public @Nullable Object read(ResultSet row, int column, ValueType type) throws SQLException {
    Object value =
        switch (type) {
          case BOOLEAN -> row.getObject(column, Boolean.class);
          case LONG -> row.getObject(column, Long.class);
          case DECIMAL -> row.getObject(column, BigDecimal.class);
          case DOUBLE -> row.getObject(column, Double.class);
          case STRING, JSON -> row.getString(column);
          case BYTES -> row.getBytes(column);
          case DATE -> row.getObject(column, LocalDate.class);
          case TIME -> row.getObject(column, LocalTime.class);
          case TIMESTAMP -> row.getObject(column, OffsetDateTime.class);
          case UUID -> row.getObject(column, UUID.class);
          case ARRAY -> throw new IllegalArgumentException("an array");
        };
    return switch (value) {
      case OffsetDateTime time -> time.toInstant();
      case String text when type == ValueType.JSON -> new Json(text);
      case BigDecimal number -> ValueText.bounded(number);
      case null, default -> value;
    };
  }

  @Override
  public Optional<RowRefusal> refusal(SQLException failed) {
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    return switch (failed.getErrorCode()) {
      case ErrorCode.REFERENTIAL_INTEGRITY_VIOLATED_PARENT_MISSING_1,
          ErrorCode.REFERENTIAL_INTEGRITY_VIOLATED_CHILD_EXISTS_1 ->
          Optional.of(new RowRefusal(RowRefusal.FOREIGN_KEY, named(failed)));
      case ErrorCode.DUPLICATE_KEY_1 ->
          Optional.of(new RowRefusal(RowRefusal.VALUE_TAKEN, named(failed)));
      case ErrorCode.ERROR_EXECUTING_TRIGGER_3 ->
          Optional.of(new RowRefusal(RowRefusal.REFUSED, "a trigger"));
      default ->
          state.startsWith("22") || state.startsWith("23")
              ? Optional.of(new RowRefusal(RowRefusal.REFUSED, "SQLSTATE " + state))
              : Optional.empty();
    };
  }

  /** H2 names what was in the way in the words of its message alone. */
  private static String named(SQLException failed) {
    String text = Database.firstLine(failed.getMessage());
    int from = text.indexOf('"');
    int to = from < 0 ? -1 : text.indexOf(" VALUES", from);
    if (to < 0) {
      to = from < 0 ? -1 : text.indexOf(" (", from);
    }
    return to < 0 ? "SQLSTATE " + failed.getSQLState() : text.substring(from + 1, to);
  }

  @Override
  public Problem problem(String system, String doing, SQLException failed) {
    String message = doing + " failed: " + Database.firstLine(failed.getMessage()) + ".";
    String path = "systems." + system;
    return switch (failed.getErrorCode()) {
      case ErrorCode.WRONG_USER_OR_PASSWORD ->
          new Problem(
              "not-signed-in",
              ProblemType.USER,
              message,
              path + ".password",
              "Check user and password.");
      case ErrorCode.DATABASE_NOT_FOUND_WITH_IF_EXISTS_1, ErrorCode.REMOTE_DATABASE_NOT_FOUND_1 ->
          new Problem(
              "no-database",
              ProblemType.USER,
              message,
              path + ".url",
              "Name an existing database.");
      case ErrorCode.NOT_ENOUGH_RIGHTS_FOR_1, ErrorCode.ADMIN_RIGHTS_REQUIRED ->
          new Problem(
              "missing-right", ProblemType.USER, message, path + ".user", "Grant the right.");
      case ErrorCode.TABLE_OR_VIEW_NOT_FOUND_1,
          ErrorCode.COLUMN_NOT_FOUND_1,
          ErrorCode.SCHEMA_NOT_FOUND_1 ->
          new Problem(
              "no-such-table",
              ProblemType.USER,
              message,
              path,
              "Compare table and columns with the config; `./unisono check` names what differs.");
      case ErrorCode.DEADLOCK_1, ErrorCode.CONCURRENT_UPDATE_1 ->
          new Problem("conflict", ProblemType.TRANSIENT, message, path, "");
      case ErrorCode.LOCK_TIMEOUT_1 ->
          new Problem(
              "database-busy",
              ProblemType.TRANSIENT,
              message,
              path,
              "Another session holds the row or the table.");
      case ErrorCode.DATABASE_IS_READ_ONLY ->
          new Problem(
              "read-only",
              ProblemType.EXTERNAL,
              message,
              path + ".url",
              "The database must take writes.");
      case ErrorCode.OUT_OF_MEMORY, ErrorCode.IO_EXCEPTION_1 ->
          new Problem(
              "out-of-resources",
              ProblemType.RESOURCES,
              message,
              path,
              "Look at the disk, the memory and the limits of the machine.");
      case ErrorCode.FILE_CORRUPTED_1 ->
          new Problem(
              "database-damaged",
              ProblemType.USER,
              message,
              path + ".url",
              "Restore the database from a backup.");
      case ErrorCode.SYNTAX_ERROR_1, ErrorCode.SYNTAX_ERROR_2, ErrorCode.FEATURE_NOT_SUPPORTED_1 ->
          new Problem(
              "refused-by-database",
              ProblemType.USER,
              message,
              path,
              "Compare table and columns with the config; `./unisono check` names what differs.");
      default ->
          new Problem(
              "unreachable",
              ProblemType.EXTERNAL,
              message,
              path + ".url",
              "Is the server up, and can this machine reach it? A database that one process has"
                  + " opened by itself can be reached by no other.");
    };
  }
}
