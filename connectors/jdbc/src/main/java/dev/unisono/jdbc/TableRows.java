package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The rows of one table as they are, in key order, a portion at a time. For one thread. */
final class TableRows implements RowReader {
  private final Connection connection;
  private final TableQueries queries;
  private final Function<SQLException, UnisonoException> failure;
  private @Nullable Key after;

  private TableRows(
      Connection connection,
      TableQueries queries,
      Function<SQLException, UnisonoException> failure) {
    this.connection = connection;
    this.queries = queries;
    this.failure = failure;
  }

  static TableRows open(Database database, Binding binding) {
    return open(
        database.connect(),
        database.dialect(),
        database.system(),
        binding,
        failed -> database.failure("reading " + binding.table(), failed));
  }

  /**
   * Takes over a connection.
   *
   * @param failure what is thrown of an error
   */
  static TableRows open(
      Connection connection,
      ReadDialect dialect,
      String system,
      Binding binding,
      Function<SQLException, UnisonoException> failure) {
    try {
      Table table =
          dialect
              .find(connection, binding.table())
              .orElseThrow(() -> new SQLException("there is no table " + binding.table()));
      return new TableRows(connection, new TableQueries(dialect, system, binding, table), failure);
    } catch (SQLException failed) {
      Database.close(connection);
      throw failure.apply(failed);
    }
  }

  @Override
  public List<Row> next(int limit) {
    List<Row> rows = new ArrayList<>();
    try {
      queries.readNext(connection, after, limit, rows);
    } catch (SQLException failed) {
      throw failure.apply(failed);
    }
    if (rows.isEmpty()) {
      return rows;
    }
    Key last = null;
    for (Row row : rows) {
      Key key = RowDecoder.key(row);
      last = key == null ? last : key;
    }
    if (last == null) {
      throw queries.onlyUnfit();
    }
    after = last;
    return rows;
  }

  @Override
  public void close() {
    Database.close(connection);
  }
}
