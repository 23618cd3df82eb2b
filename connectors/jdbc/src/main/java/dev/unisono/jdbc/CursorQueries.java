package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statements that read one table in the order of its cursor column and key. Has no state; safe
 * for threads.
 */
final class CursorQueries {
  private final ReadDialect dialect;
  private final Binding binding;
  private final TableQueries queries;
  private final CursorColumn cursor;
  private final String quoted;

  /** A row and its cursor's value. Immutable. */
  record Found(Object cursor, Row row) {}

  /** Where a page ended. Immutable. */
  record Place(Object cursor, Key key) {}

  CursorQueries(ReadDialect dialect, Binding binding, TableQueries queries, CursorColumn cursor) {
    this.dialect = dialect;
    this.binding = binding;
    this.queries = queries;
    this.cursor = cursor;
    this.quoted = dialect.quote(cursor.column().name());
  }

  /**
   * The highest value there is; null where there is none.
   *
   * @param most no higher one is meant; null for any
   */
  @Nullable Object highest(Connection connection, @Nullable Object most) throws SQLException {
    String query =
        queries.select(
            List.of("MAX(" + quoted + ")"), most == null ? List.of() : List.of(quoted + " <= ?"));
    try (PreparedStatement select = connection.prepareStatement(query)) {
      if (most != null) {
        dialect.bind(select, 1, cursor.column(), cursor.type(), most);
      }
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? value(row) : null;
      }
    }
  }

  /**
   * The next rows in the order of cursor and key; none whose cursor is null.
   *
   * @param from the first value that is meant; null for all
   * @param after where the page before ended; null where this is the first
   */
  List<Found> read(Connection connection, @Nullable Object from, @Nullable Place after, int limit)
      throws SQLException {
    List<String> order = new ArrayList<>();
    order.add(quoted);
    order.addAll(queries.key());
    RowsAfter.Condition behind = dialect.rowsAfter().of(order);
    List<String> columns = new ArrayList<>();
    columns.add(quoted);
    columns.addAll(queries.columns());
    String condition =
        after != null ? behind.text() : from != null ? quoted + " >= ?" : quoted + " IS NOT NULL";
    String query = queries.select(columns, List.of(condition));
    List<Found> rows = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            dialect.limited(query + " ORDER BY " + String.join(", ", order), limit))) {
      dialect.limit(select, limit);
      if (after != null) {
        bind(select, behind, after);
      } else if (from != null) {
        dialect.bind(select, 1, cursor.column(), cursor.type(), from);
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Object value = value(row);
          if (value != null) {
            rows.add(new Found(value, queries.row(row, 2)));
          }
        }
      }
    }
    return rows;
  }

  private void bind(PreparedStatement select, RowsAfter.Condition behind, Place after)
      throws SQLException {
    int parameter = 1;
    for (int column : behind.values()) {
      if (column == 0) {
        dialect.bind(select, parameter++, cursor.column(), cursor.type(), after.cursor());
      } else {
        queries.bind(select, parameter++, after.key(), column - 1);
      }
    }
  }

  /** The next rows in key order whose cursor is null. */
  List<Row> readNulls(Connection connection, @Nullable Key after, int limit) throws SQLException {
    List<Row> rows = new ArrayList<>();
    queries.readNext(connection, List.of(quoted + " IS NULL"), after, limit, rows);
    return rows;
  }

  private @Nullable Object value(ResultSet row) throws SQLException {
    try {
      return dialect.read(row, 1, cursor.column(), cursor.type());
    } catch (IllegalArgumentException unfit) {
      throw new UnisonoException(
          new Problem(
              "cursor-unfit",
              ProblemType.EXTERNAL,
              "The cursor column "
                  + cursor.column().name()
                  + " of "
                  + binding.table()
                  + " holds a value that cannot be ordered: "
                  + Database.firstLine(unfit.getMessage())
                  + ".",
              binding.configPath() + ".cursor",
              "Correct the value; it is tried again by itself."),
          unfit);
    }
  }

  /** A page that would be read again and again. */
  UnisonoException inexact() {
    return new UnisonoException(
        new Problem(
            "cursor-inexact",
            ProblemType.USER,
            "More rows of "
                + binding.table()
                + " than are read at once have one value of "
                + cursor.column().name()
                + ", which the driver gives back as another one than is stored.",
            binding.configPath() + ".cursor",
            "Raise read-batch above the number of such rows, or use a column that the driver"
                + " gives exactly."));
  }

  /** A page of rows has keys that are none. */
  UnisonoException onlyUnfit() {
    return queries.onlyUnfit();
  }
}
