package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Field;
import dev.unisono.spi.Key;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.Unfit;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The statements that read one binding's table: rows in key order, and which of some keys there
 * are. Has no state; safe for threads.
 */
final class TableQueries {
  /** Keys that are asked for with one statement. */
  private static final int MOST_KEYS = 200;

  private final ReadDialect dialect;
  private final String system;
  private final Binding binding;
  private final Table table;
  private final List<Table.Column> keyColumns = new ArrayList<>();

  /** The fields that the table keeps, in the order the query gives them. */
  private final List<Integer> fields = new ArrayList<>();

  TableQueries(ReadDialect dialect, String system, Binding binding, Table table) {
    this.dialect = dialect;
    this.system = system;
    this.binding = binding;
    this.table = table;
    for (String name : Table.keyColumns(binding)) {
      keyColumns.add(table.column(name));
    }
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null && table.columns().containsKey(column)) {
        fields.add(i);
      }
    }
  }

  /** The columns of the key, quoted, in its order. */
  List<String> key() {
    return keyColumns.stream().map(column -> dialect.quote(column.name())).toList();
  }

  /** The columns that {@link #row} reads, quoted, in its order. */
  List<String> columns() {
    return fields.stream()
        .map(field -> dialect.quote(String.valueOf(binding.column(field))))
        .toList();
  }

  /**
   * A query of the binding's rows.
   *
   * @param conditions all of which must hold
   */
  String select(List<String> columns, List<String> conditions) {
    List<String> all = new ArrayList<>(conditions);
    String where = binding.where();
    if (where != null) {
      all.add("(" + where + ")");
    }
    return "SELECT "
        + String.join(", ", columns)
        + " FROM "
        + table.sqlName()
        + (all.isEmpty() ? "" : " WHERE " + String.join(" AND ", all));
  }

  /**
   * The next rows in key order.
   *
   * @param from the key after which they come; null for the first
   */
  void readNext(Connection connection, @Nullable Key from, int limit, List<Row> rows)
      throws SQLException {
    readNext(connection, List.of(), from, limit, rows);
  }

  /** The next rows in key order of those that meet conditions. */
  void readNext(
      Connection connection, List<String> conditions, @Nullable Key from, int limit, List<Row> rows)
      throws SQLException {
    List<String> all = new ArrayList<>(conditions);
    RowsAfter.Condition after = dialect.rowsAfter().of(key());
    if (from != null) {
      all.add(after.text());
    }
    String query = select(columns(), all) + " ORDER BY " + String.join(", ", key());
    try (PreparedStatement select = connection.prepareStatement(dialect.limited(query, limit))) {
      dialect.limit(select, limit);
      if (from != null) {
        int parameter = 1;
        for (int part : after.values()) {
          bind(select, parameter++, from, part);
        }
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rows.add(row(row, 1));
        }
      }
    }
  }

  /** Sets a parameter that a column of the key is compared with. */
  void bind(PreparedStatement statement, int parameter, Key key, int part) throws SQLException {
    dialect.bind(statement, parameter, keyColumns.get(part), keyField(part).type(), key.part(part));
  }

  private Field keyField(int part) {
    return binding.schema().field(binding.schema().keyPosition(part));
  }

  /**
   * A row as its columns stand in a query's result.
   *
   * @param first where the first of {@link #columns} stands
   */
  Row row(ResultSet row, int first) throws SQLException {
    @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
    for (int i = 0; i < values.length; i++) {
      // A column that is gone: what there was of it stays as it is.
      values[i] = binding.column(i) == null ? null : Unchanged.UNCHANGED;
    }
    for (int i = 0; i < fields.size(); i++) {
      int field = fields.get(i);
      Table.Column column = table.column(String.valueOf(binding.column(field)));
      values[field] = value(row, first + i, column, binding.schema().field(field));
    }
    return new Row(binding.schema(), values);
  }

  private @Nullable Object value(ResultSet row, int place, Table.Column column, Field field)
      throws SQLException {
    try {
      return dialect.read(row, place, column, field.type());
    } catch (IllegalArgumentException unfit) {
      Object found = row.getObject(place);
      return found == null ? new Unfit("nothing") : Unfit.of(found);
    }
  }

  /** A whole chunk of rows has keys that are none: there is no place to go on from. */
  UnisonoException onlyUnfit() {
    return new UnisonoException(
        new Problem(
            "value-unfit",
            ProblemType.EXTERNAL,
            "Too many rows of "
                + binding.table()
                + " in "
                + system
                + " have keys that are none of their field's type.",
            binding.configPath(),
            "Correct or delete the rows, or the key's schema; it is tried again by itself."));
  }

  /** Looks keys up, and collects those that the table does not have. */
  void findMissing(Connection connection, List<Key> keys, List<Key> missing) throws SQLException {
    for (int from = 0; from < keys.size(); from += MOST_KEYS) {
      List<Key> asked = keys.subList(from, Math.min(keys.size(), from + MOST_KEYS));
      Set<Key> there = new HashSet<>(there(connection, asked));
      asked.stream().filter(key -> !there.contains(key)).forEach(missing::add);
    }
  }

  private List<Key> there(Connection connection, List<Key> keys) throws SQLException {
    String one =
        key().stream()
            .map(column -> column + " = ?")
            .collect(Collectors.joining(" AND ", "(", ")"));
    String any = String.join(" OR ", Collections.nCopies(keys.size(), one));
    List<Key> there = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(select(key(), List.of("(" + any + ")")))) {
      int parameter = 1;
      for (Key key : keys) {
        for (int part = 0; part < key.size(); part++) {
          bind(select, parameter++, key, part);
        }
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          key(row, there);
        }
      }
    }
    return there;
  }

  /** A key that is none was handed over to nobody. */
  private void key(ResultSet row, List<Key> there) throws SQLException {
    Object[] parts = new Object[keyColumns.size()];
    for (int part = 0; part < parts.length; part++) {
      Object value = value(row, part + 1, keyColumns.get(part), keyField(part));
      if (value == null || value instanceof Unfit) {
        return;
      }
      parts[part] = value;
    }
    there.add(new Key(parts));
  }
}
