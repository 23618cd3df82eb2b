package dev.unisono.jdbc;

import dev.unisono.spi.Field;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How one kind of database is read, as far as kinds differ. Safe for threads. */
interface ReadDialect {
  /** The word in {@code connector:} of the config. */
  String kind();

  /** A name as statements write it. */
  String quote(String name);

  /** Looks a table up as the config names it; empty where there is none. */
  Optional<Table> find(Connection connection, String named) throws SQLException;

  /** Whether a column keeps each value of a field as it is, and gives it back so. */
  boolean fits(Table.Column column, Field field);

  /**
   * Sets a parameter that a column is compared with.
   *
   * @param value a representation of the type
   */
  void bind(
      PreparedStatement statement, int parameter, Table.Column column, ValueType type, Object value)
      throws SQLException;

  /**
   * Reads a value of a column.
   *
   * @throws IllegalArgumentException with what was found, where that is no value of the type
   */
  @Nullable Object read(ResultSet row, int place, Table.Column column, ValueType type)
      throws SQLException;

  /** As what a column's values can grow with time; empty where they are no number and no time. */
  Optional<ValueType> growth(Table.Column column);

  /** How it is said that a row comes after another in the order of columns. */
  default RowsAfter rowsAfter() {
    return RowsAfter.TUPLES;
  }

  /** A query of how many rows a table has, about. */
  default String rowCount(Table table) {
    return "SELECT count(*) FROM " + table.sqlName();
  }

  /** A query that gives no more rows than that, where the language can say it. */
  default String limited(String query, int rows) {
    return query + " LIMIT " + rows;
  }

  /** Has a query's statement give no more rows than that, where the language cannot say it. */
  default void limit(Statement statement, int rows) throws SQLException {}

  /**
   * What an error is that says nothing against rows.
   *
   * @param doing what failed, as the beginning of a sentence
   */
  Problem problem(String system, String doing, SQLException failed);
}
