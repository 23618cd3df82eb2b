package dev.unisono.jdbc;

import dev.unisono.spi.Field;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one kind of database that is written to does differently from the others: its statements,
 * its types and its errors. Has no state; safe for threads.
 */
public interface Dialect extends ReadDialect {
  /** The name of a table that is to be made, as statements write it. */
  String newTable(String named);

  /** The type of a new column that loses nothing of a field's values. */
  String columnType(Field field, boolean key);

  /** What a column can be that says that a row is deleted. */
  enum Flag {
    /** True or false. */
    PLAIN,
    /** The time of the delete, or null. */
    TIME,
    UNFIT
  }

  Flag flag(Table.Column column);

  /**
   * A statement that leaves a row there with the values given, whatever was there under its key
   * before; the other columns of a row that was there stay as they are. It must fail with {@link
   * RowRefusal#VALUE_TAKEN}, and change no other row, where another key has a unique value.
   *
   * @param table as statements write it
   * @param columns the columns that are written, quoted, those of the key among them
   * @param key the columns of the key, quoted
   * @param rows the rest of the statement: VALUES and parameters in the order of the columns, or a
   *     SELECT
   */
  String upsert(String table, List<String> columns, List<String> key, String rows);

  /**
   * A statement that inserts a row, and does nothing where a row has its key. It must fail with
   * {@link RowRefusal#VALUE_TAKEN} where another row has a unique value. Its parameters are the
   * columns' values, and then, for each column of the key, its value {@link #keyParameters} times.
   *
   * @param table as statements write it
   * @param columns the columns that are written, quoted, those of the key among them
   */
  default String insertAbsent(String table, List<String> columns, List<Table.Column> key) {
    String has = String.join(" AND ", key.stream().map(this::hasKey).toList());
    return insertUnlike(table, columns, List.of(has));
  }

  /**
   * A statement that inserts a row of parameters where no row is there for which one of some
   * conditions holds; the conditions' own parameters follow those of the columns.
   */
  default String insertUnlike(String table, List<String> columns, List<String> conditions) {
    StringBuilder text = new StringBuilder("INSERT INTO ").append(table);
    text.append(" (").append(String.join(", ", columns)).append(") SELECT ");
    text.append(String.join(", ", Collections.nCopies(columns.size(), "?"))).append(fromNothing());
    String word = " WHERE ";
    for (String condition : conditions) {
      text.append(word).append("NOT EXISTS (SELECT 1 FROM ").append(table);
      text.append(" WHERE ").append(condition).append(')');
      word = " AND ";
    }
    return text.toString();
  }

  /** What stands between a SELECT of no table and its WHERE. */
  default String fromNothing() {
    return "";
  }

  /** What stands behind the table where a row is inserted of which no column is given. */
  default String defaultValues() {
    return "DEFAULT VALUES";
  }

  /**
   * A query that inserts as a statement does, and gives something of each row that was inserted, as
   * it is then.
   *
   * @param selected what is asked for, as in a SELECT of the table
   */
  default String returning(String insert, List<String> selected) {
    return insert + " RETURNING " + String.join(", ", selected);
  }

  /**
   * A condition that a column has the value of one parameter, and no other that the database only
   * takes for the same; null is the same as null.
   */
  String same(Table.Column column);

  /**
   * A condition that a column of a key has a value, and no other that the database only takes for
   * the same, found by the key's index. The value is its parameter {@link #keyParameters} times.
   */
  default String hasKey(Table.Column column) {
    return quote(column.name()) + " = ?";
  }

  /** How many parameters {@link #hasKey} has. */
  default int keyParameters(Table.Column column) {
    return 1;
  }

  /**
   * Reads a value, of whatever type, so that it can be given back as a parameter of the same
   * column.
   */
  default @Nullable Object kept(ResultSet row, int column) throws SQLException {
    return row.getObject(column);
  }

  /** The error behind that of a batch. */
  default SQLException cause(SQLException failed) {
    SQLException next = failed.getNextException();
    return failed instanceof java.sql.BatchUpdateException && next != null ? next : failed;
  }

  /**
   * Sets a parameter.
   *
   * @param value a representation of the type, or null
   * @throws SQLException with the SQLSTATE {@link #UNFIT_VALUE} where the database has no such
   *     value
   */
  void bind(PreparedStatement statement, int parameter, ValueType type, @Nullable Object value)
      throws SQLException;

  /** How a query asks for a column that {@link #read} or {@link #kept} is to give exactly. */
  default String selected(Table.Column column) {
    return quote(column.name());
  }

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException with what was found, where that is no value of the type
   */
  @Nullable Object read(ResultSet row, int column, ValueType type) throws SQLException;

  /** Sets a parameter that is put into a column, or that a column is compared with. */
  @Override
  default void bind(
      PreparedStatement statement,
      int parameter,
      Table.Column column,
      ValueType type,
      @Nullable Object value)
      throws SQLException {
    bind(statement, parameter, type, value);
  }

  @Override
  default @Nullable Object read(ResultSet row, int place, Table.Column column, ValueType type)
      throws SQLException {
    return read(row, place, type);
  }

  /** By the name of its type. */
  @Override
  default Optional<ValueType> growth(Table.Column column) {
    String type = column.type().toUpperCase(Locale.ROOT);
    if (type.startsWith("TIMESTAMP") || type.startsWith("DATETIME")) {
      return Optional.of(ValueType.TIMESTAMP);
    }
    if (type.equals("DATE")) {
      return Optional.of(ValueType.DATE);
    }
    if (type.startsWith("NUMERIC") || type.startsWith("DECIMAL") || type.startsWith("DECFLOAT")) {
      return Optional.of(ValueType.DECIMAL);
    }
    return type.contains("INT") && !type.startsWith("INTERVAL")
        ? Optional.of(ValueType.LONG)
        : Optional.empty();
  }

  /** The SQLSTATE of our own for a value that the database cannot keep: one of class 22. */
  String UNFIT_VALUE = "22U00";

  /** Begins a transaction that will write. */
  default void begin(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
  }

  default void commit(Connection connection) throws SQLException {
    connection.commit();
  }

  default void rollback(Connection connection) throws SQLException {
    connection.rollback();
  }

  /** Has constraints checked at the end of the open transaction, where the database can do that. */
  default void deferConstraints(Statement statement) throws SQLException {}

  /** Has what was deferred checked now, where that can be; else the commit does. */
  default void checkDeferred(Statement statement) throws SQLException {}

  /** What an error says against rows; empty where it is an error of another kind. */
  Optional<RowRefusal> refusal(SQLException failed);
}
