package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rows of one table as they are, in key order, all from one snapshot. For one thread. */
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
    Connection connection = database.connect("connecting");
    try {
      Moment.begin(connection);
      Table table = Table.named(connection, binding, database.address().database());
      return new TableRows(database, binding, connection, new TableQueries(binding, table));
    } catch (SQLException failed) {
      close(connection);
      throw database.failure("reading " + binding.table(), failed);
    } catch (RuntimeException failed) {
      close(connection);
      throw failed;
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
    after = rows.isEmpty() ? after : binding.schema().key(rows.getLast());
    return rows;
  }

  @Override
  public void close() {
    close(connection);
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException gone) {
      // Closed is closed.
    }
  }
}
