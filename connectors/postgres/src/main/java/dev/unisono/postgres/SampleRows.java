package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.SurveyedTable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Some rows of one table: of a large one those of pages from all over it, else the first ones. Rows
 * are fetched as they are asked for, from one open statement. For one thread.
 */
final class SampleRows implements RowReader {
  /** So many rows are fetched at once: long values in memory at a time are few. */
  private static final int FETCHED = 200;

  /** A table of so many times the rows that are asked for is not read from its start. */
  private static final int LARGE = 2;

  /** Of fewer there are so few pages that a share of them may be none. */
  private static final long MANY = 10_000;

  /** Pages are filled unevenly: some more are looked at than should be needed. */
  private static final double MORE = 1.3;

  private final Database database;
  private final Connection connection;
  private final Binding binding;
  private final TableQueries queries;
  private final PreparedStatement select;
  private final ResultSet row;

  private SampleRows(
      Database database,
      Connection connection,
      Binding binding,
      Table table,
      String sampled,
      int rows)
      throws SQLException {
    this.database = database;
    this.connection = connection;
    this.binding = binding;
    this.queries = new TableQueries(binding, table);
    connection.setAutoCommit(false);
    PreparedStatement prepared = connection.prepareStatement(queries.select(sampled) + " LIMIT ?");
    try {
      prepared.setInt(1, rows);
      prepared.setFetchSize(FETCHED);
      this.row = prepared.executeQuery();
      this.select = prepared;
    } catch (SQLException failed) {
      prepared.close();
      connection.rollback();
      connection.setAutoCommit(true);
      throw failed;
    }
  }

  static SampleRows of(
      Database database,
      Connection connection,
      Binding binding,
      Table table,
      SurveyedTable surveyed,
      int rows)
      throws SQLException {
    long all = surveyed.rowsEstimated();
    boolean large = all > (long) rows * LARGE && all > MANY;
    String sampled =
        large
            ? String.format(
                Locale.ROOT,
                " TABLESAMPLE SYSTEM (%.6f)",
                Math.min(100.0, 100.0 * MORE * rows / all))
            : "";
    return new SampleRows(database, connection, binding, table, sampled, rows);
  }

  @Override
  public List<Row> next(int limit) {
    List<Row> rows = new ArrayList<>();
    try {
      while (rows.size() < limit && row.next()) {
        rows.add(queries.row(row));
      }
      return rows;
    } catch (SQLException failed) {
      throw database.failure("reading " + binding.table(), failed);
    }
  }

  @Override
  public void close() {
    try {
      row.close();
      select.close();
      connection.rollback();
      connection.setAutoCommit(true);
    } catch (SQLException failed) {
      throw database.failure("reading " + binding.table(), failed);
    }
  }
}
