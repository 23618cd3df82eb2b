package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of one table as they are, in key order, a portion at a time. For one thread. */
final class TableRows implements RowReader {
  private final Database database;
  private final Binding binding;
  private final Connection connection;
  private final TableQueries queries;
  private @Nullable Key after;

  private TableRows(
      Database database, Binding binding, Connection connection, TableQueries queries) {
    this.database = database;
    this.binding = binding;
    this.connection = connection;
    this.queries = queries;
  }

  static TableRows open(Database database, Binding binding) {
    Connection connection = database.connect();
    try {
      Table table =
          database
              .dialect()
              .find(connection, binding.table())
              .orElseThrow(() -> new SQLException("there is no table " + binding.table()));
      return new TableRows(
          database, binding, connection, new TableQueries(database, binding, table));
    } catch (SQLException failed) {
      Database.close(connection);
      throw database.failure("reading " + binding.table(), failed);
    }
  }

  @Override
  public List<Row> next(int limit) {
    List<Row> rows = new ArrayList<>();
    try {
      queries.readNext(connection, after, limit, rows);
    } catch (SQLException failed) {
      throw database.failure("reading " + binding.table(), failed);
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
