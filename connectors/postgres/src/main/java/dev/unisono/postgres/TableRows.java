package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The rows of one table as they are, in key order, all from one snapshot. For one thread. */
final class TableRows implements RowReader {
  private final Database database;
  private final Binding binding;
  private final Connection connection;
  private final TableQueries queries;
  private @Nullable List<String> after;

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
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      Table table = Table.named(connection, binding);
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
    if (!rows.isEmpty()) {
      Key last = binding.schema().key(rows.getLast());
      after =
          IntStream.range(0, last.size())
              .mapToObj(part -> TextValue.write(last.part(part)))
              .toList();
    }
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
