package dev.unisono.mariadb;

import dev.unisono.jdbc.Dialect;
import dev.unisono.jdbc.RowRefusal;
import dev.unisono.jdbc.Table.Column;
import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How MariaDB is written to. What the value of a column is, it takes as the source reads it. Has no
 * state of its own; safe for threads.
 */
final class MariaDbDialect implements Dialect {
  /** Of a text: no other text is the same. */
  private static final String EXACT_TEXT = "utf8mb4_nopad_bin";

  /** Three such columns are as long as a key can be. */
  private static final int KEY_LENGTH = 255;

  /** More than one row where one value is asked for: nothing else that is written here says so. */
  private static final int GUARD = 1242;

  private static final int DUPLICATE = 1062;
  private static final Set<Integer> REFERENCES = Set.of(1216, 1217, 1451, 1452);
  private static final Set<Integer> TAKEN = Set.of(DUPLICATE, 1586);

  /** A column that must be given, text in no such character set, a computed column, a trigger. */
  private static final Set<Integer> REFUSED = Set.of(1364, 1366, 1906, 1644);

  private static final int FIRST_YEAR = 1;
  private static final int LAST_YEAR = 9999;

  private final String inDatabase;

  /**
   * @param inDatabase where tables are whose name does not say it
   */
  MariaDbDialect(String inDatabase) {
    this.inDatabase = inDatabase;
  }

  @Override
  public String kind() {
    return MariaDbConnector.KIND;
  }

  @Override
  public String quote(String name) {
    return Database.quote(name);
  }

  @Override
  public String newTable(String named) {
    return Table.Name.parse(named, inDatabase).sql();
  }

  @Override
  public Optional<dev.unisono.jdbc.Table> find(Connection connection, String named)
      throws SQLException {
    return WrittenTable.find(connection, Table.Name.parse(named, inDatabase));
  }

  @Override
  public String columnType(Field field, boolean key) {
    return switch (field.type()) {
      case BOOLEAN -> "tinyint(1)";
      case LONG -> "bigint";
      case DECIMAL -> "decimal(65,30)";
      case DOUBLE -> "double";
      case STRING, JSON, ARRAY ->
          (key ? "varchar(" + KEY_LENGTH + ")" : "longtext")
              + " CHARACTER SET utf8mb4 COLLATE "
              + EXACT_TEXT;
      case BYTES -> key ? "varbinary(" + KEY_LENGTH + ")" : "longblob";
      case DATE -> "date";
      case TIME -> "time(6)";
      case TIMESTAMP -> "datetime(6)";
      case UUID -> "uuid";
    };
  }

  private static ColumnType type(Column column) {
    String full = column.type();
    int end = 0;
    while (end < full.length() && Character.isLetterOrDigit(full.charAt(end))) {
      end++;
    }
    return ColumnType.of(full.substring(0, end), full);
  }

  /** As the server estimates it: to count takes a look at every row. */
  @Override
  public String rowCount(dev.unisono.jdbc.Table table) {
    Table.Name name = Table.Name.parse(table.name(), inDatabase);
    return "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
        + Database.literal(name.database())
        + " AND TABLE_NAME = "
        + Database.literal(name.table());
  }

  @Override
  public boolean fits(Column column, Field field) {
    return type(column).fits(field);
  }

  @Override
  public Flag flag(Column column) {
    ColumnType type = type(column);
    if (type.fits(new Field("flag", ValueType.BOOLEAN, false))) {
      return Flag.PLAIN;
    }
    boolean time = type.fits(new Field("flag", ValueType.TIMESTAMP, false));
    return time ? Flag.TIME : Flag.UNFIT;
  }

  /**
   * Any unique key that is hit leads to the update, and so does one that takes another text for the
   * same: the guard lets it happen only to the row that has exactly the key.
   */
  @Override
  public String upsert(String table, List<String> columns, List<String> key, String rows) {
    List<String> sets = new ArrayList<>();
    String first = key.getFirst();
    sets.add(
        guarded(
            first, String.join(" AND ", key.stream().map(MariaDbDialect::hasGivenKey).toList())));
    for (String column : columns) {
      if (!key.contains(column)) {
        sets.add(column + " = VALUES(" + column + ")");
      }
    }
    return insert(table, columns)
        + (rows.startsWith("SELECT") ? named(columns.size(), rows) : rows)
        + " ON DUPLICATE KEY UPDATE "
        + String.join(", ", sets);
  }

  private static String insert(String table, List<String> columns) {
    return "INSERT INTO " + table + " (" + String.join(", ", columns) + ") ";
  }

  /** Leaves a column as it is; fails where the condition does not hold. */
  private static String guarded(String column, String condition) {
    return column + " = IF(" + condition + ", " + column + ", (SELECT 1 UNION SELECT 2))";
  }

  /** By its bytes: a column that is no text has the same where it is the same. */
  private static String hasGivenKey(String column) {
    return "CAST(" + column + " AS BINARY) <=> CAST(VALUES(" + column + ") AS BINARY)";
  }

  /** Of a query of the table that is written: columns by names that cannot be mixed up with its. */
  private static String named(int columns, String query) {
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= columns; i++) {
      names.add("unisono_" + i);
    }
    String all = String.join(", ", names);
    return "WITH unisono_row (" + all + ") AS (" + query + ") SELECT " + all + " FROM unisono_row";
  }

  @Override
  public String insertAbsent(String table, List<String> columns, List<Column> key) {
    return insert(table, columns)
        + "VALUES ("
        + String.join(", ", Collections.nCopies(columns.size(), "?"))
        + ") ON DUPLICATE KEY UPDATE "
        + guarded(
            quote(key.getFirst().name()),
            String.join(" AND ", key.stream().map(this::hasKey).toList()));
  }

  @Override
  public String defaultValues() {
    return "() VALUES ()";
  }

  @Override
  public String fromNothing() {
    return " FROM DUAL";
  }

  @Override
  public String same(Column column) {
    return same(column.name(), type(column));
  }

  /** Whether a column has exactly a value, which may be null. */
  static String same(String column, ColumnType type) {
    String name = Database.quote(column);
    if (type.isText()) {
      String exactly = " USING utf8mb4) COLLATE " + EXACT_TEXT;
      return "CONVERT(" + name + exactly + " <=> CONVERT(?" + exactly;
    }
    return type.name().equals("float") ? name + " <=> CAST(? AS FLOAT)" : name + " <=> ?";
  }

  /** Of a text once for the index, and once for the text: a collation may take another for it. */
  @Override
  public String hasKey(Column column) {
    String equal = quote(column.name()) + " = ?";
    return type(column).isText() ? equal + " AND " + same(column) : equal;
  }

  @Override
  public int keyParameters(Column column) {
    return type(column).isText() ? 2 : 1;
  }

  @Override
  public SQLException cause(SQLException failed) {
    SQLException next = Dialect.super.cause(failed);
    return next.getErrorCode() == GUARD
        ? new SQLException("another row has one of its unique values", "23000", DUPLICATE, next)
        : next;
  }

  @Override
  public void bind(
      PreparedStatement statement, int parameter, ValueType type, @Nullable Object value)
      throws SQLException {
    switch (value) {
      case Double number when type == ValueType.DECIMAL || number.isNaN() || number.isInfinite() ->
          throw new SQLException("MariaDB keeps no number like " + number, UNFIT_VALUE);
      case LocalDate date when outside(date) ->
          throw new SQLException("MariaDB keeps no such date", UNFIT_VALUE);
      case Instant time
          when time.equals(Instant.MAX)
              || time.equals(Instant.MIN)
              || outside(time.atOffset(ZoneOffset.UTC).toLocalDate()) ->
          throw new SQLException("MariaDB keeps no such time", UNFIT_VALUE);
      case Object[] _ -> throw new SQLException("MariaDB keeps no arrays", UNFIT_VALUE);
      case null, default -> statement.setObject(parameter, TableValues.parameter(value));
    }
  }

  private static boolean outside(LocalDate date) {
    return date.getYear() < FIRST_YEAR || date.getYear() > LAST_YEAR;
  }

  @Override
  public String selected(Column column) {
    return type(column).timed(quote(column.name()));
  }

  @Override
  public @Nullable Object read(ResultSet row, int column, ValueType type) throws SQLException {
    ColumnType found = ColumnType.of(row.getMetaData().getColumnTypeName(column), "");
    if (found.name().equals("bit")) {
      long bits = row.getLong(column);
      return row.wasNull() ? null : type == ValueType.BOOLEAN ? (Object) (bits != 0) : bits;
    }
    return TableValues.read(new Field("any", type, false), found, row, column);
  }

  /** As text or bytes: the driver's own types of times have a zone, and not all of them a value. */
  @Override
  public @Nullable Object kept(ResultSet row, int column) throws SQLException {
    return switch (Objects.requireNonNull(row.getMetaData()).getColumnType(column)) {
      case java.sql.Types.BINARY,
          java.sql.Types.VARBINARY,
          java.sql.Types.LONGVARBINARY,
          java.sql.Types.BLOB,
          java.sql.Types.BIT ->
          row.getBytes(column);
      case java.sql.Types.REAL,
          java.sql.Types.FLOAT,
          java.sql.Types.DOUBLE,
          java.sql.Types.BOOLEAN ->
          row.getObject(column);
      default -> row.getString(column);
    };
  }

  @Override
  public Optional<RowRefusal> refusal(SQLException failed) {
    int number = failed.getErrorCode();
    String state = failed.getSQLState() == null ? "" : failed.getSQLState();
    if (REFERENCES.contains(number)) {
      return Optional.of(new RowRefusal(RowRefusal.FOREIGN_KEY, constraint(failed)));
    }
    if (TAKEN.contains(number)) {
      return Optional.of(new RowRefusal(RowRefusal.VALUE_TAKEN, "a unique key"));
    }
    boolean refused =
        REFUSED.contains(number)
            || state.startsWith("22")
            || state.startsWith("23")
            || state.startsWith("01")
            || state.equals("45000");
    return refused
        ? Optional.of(new RowRefusal(RowRefusal.REFUSED, "error " + number))
        : Optional.empty();
  }

  /** MariaDB names what was in the way in the words of its message alone. */
  private static String constraint(SQLException failed) {
    String text = Failures.firstLine(failed.getMessage());
    String before = "CONSTRAINT `";
    int from = text.indexOf(before);
    int to = from < 0 ? -1 : text.indexOf('`', from + before.length());
    return to < 0 ? "a foreign key" : text.substring(from + before.length(), to);
  }

  @Override
  public Problem problem(String system, String doing, SQLException failed) {
    return Failures.problem(system, doing, failed);
  }
}
