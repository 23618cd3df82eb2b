package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.RowReader;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Some rows of one table. Where a number is its key, they are taken from places that lie evenly
 * between the least and the greatest, each portion by the key's index; where its key is something
 * else, they are the first ones in its order; without a key they are the first ones there are. For
 * one thread.
 */
final class JdbcSample implements RowReader {
  private static final int PORTIONS = 20;

  /** A table of so many times the rows that are asked for is not read from its start. */
  private static final long LARGE = 2;

  private final Connection connection;
  private final ReadDialect dialect;
  private final TableQueries queries;
  private final boolean keyed;
  private final int wanted;
  private final Function<SQLException, UnisonoException> failure;

  /** Where portions begin; empty where rows are read from the first one on. */
  private final List<Long> places = new ArrayList<>();

  private int portion;
  private int given;
  private @Nullable Key last;
  private boolean done;

  JdbcSample(
      Connection connection,
      ReadDialect dialect,
      String system,
      Binding binding,
      Table table,
      SurveyedTable surveyed,
      int rows,
      Function<SQLException, UnisonoException> failure)
      throws SQLException {
    this.connection = connection;
    this.dialect = dialect;
    this.queries = new TableQueries(dialect, system, binding, table);
    this.keyed = !surveyed.primaryKey().isEmpty();
    this.wanted = rows;
    this.failure = failure;
    boolean numbered =
        surveyed.primaryKey().size() == 1
            && binding.schema().field(binding.schema().keyPosition(0)).type() == ValueType.LONG;
    boolean large = surveyed.rowsEstimated() > LARGE * rows;
    if (numbered && large) {
      findPlaces();
    }
  }

  private void findPlaces() throws SQLException {
    String key = queries.key().getFirst();
    List<String> ends = List.of("min(" + key + ")", "max(" + key + ")");
    try (PreparedStatement select = connection.prepareStatement(queries.select(ends, List.of()));
        ResultSet row = select.executeQuery()) {
      if (row.next() && row.getObject(1) != null) {
        long least = row.getLong(1);
        long greatest = row.getLong(2);
        for (int i = 0; i < PORTIONS; i++) {
          // The first row of a portion comes behind its place.
          places.add((long) (least - 1 + ((double) greatest - least) * i / PORTIONS));
        }
      }
    }
  }

  @Override
  public List<Row> next(int limit) {
    try {
      List<Row> rows = keyed ? byKey(limit) : first(limit);
      given += rows.size();
      return rows;
    } catch (SQLException failed) {
      throw failure.apply(failed);
    }
  }

  private List<Row> byKey(int limit) throws SQLException {
    List<Row> rows = new ArrayList<>();
    while (rows.isEmpty() && !done && given < wanted) {
      if (!places.isEmpty()) {
        portion(Math.min(limit, Math.max(1, wanted / PORTIONS)), rows);
      } else {
        int asked = Math.min(limit, wanted - given);
        queries.readNext(connection, last, asked, rows);
        done = rows.size() < asked;
      }
      for (Row row : rows) {
        Key key = RowDecoder.key(row);
        last = key == null ? last : key;
      }
    }
    return rows;
  }

  private void portion(int limit, List<Row> rows) throws SQLException {
    long place = places.get(portion);
    Key before = last;
    // What lies close together was in the portion before.
    boolean passed = before != null && before.part(0) instanceof Long number && number > place;
    queries.readNext(connection, passed ? before : new Key(new Object[] {place}), limit, rows);
    portion++;
    done = portion == places.size();
  }

  /** All at once: without a key there is no going on. */
  private List<Row> first(int limit) throws SQLException {
    List<Row> rows = new ArrayList<>();
    if (done) {
      return rows;
    }
    done = true;
    int asked = Math.max(limit, wanted);
    String query = dialect.limited(queries.select(queries.columns(), List.of()), asked);
    try (PreparedStatement select = connection.prepareStatement(query)) {
      dialect.limit(select, asked);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rows.add(queries.row(row, 1));
        }
      }
    }
    return rows;
  }

  @Override
  public void close() {
    // Nothing is left open between two calls.
  }
}
