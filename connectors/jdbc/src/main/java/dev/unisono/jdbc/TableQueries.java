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

  private final Dialect dialect;
  private final String system;
  private final Binding binding;
  private final Table table;
  private final List<String> keyColumns;

  /** The fields that the table keeps, in the order the query gives them. */
  private final List<Integer> fields = new ArrayList<>();

  TableQueries(Database database, Binding binding, Table table) {
    this.dialect = database.dialect();
    this.system = database.system();
    this.binding = binding;
    this.table = table;
    this.keyColumns = Table.keyColumns(binding);
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null && table.columns().containsKey(column)) {
        fields.add(i);
      }
    }
  }

  /**
   * The next rows in key order.
   *
   * @param from the key after which they come; null for the first
   */
  void readNext(Connection connection, @Nullable Key from, int limit, List<Row> rows)
      throws SQLException {
    String keys = keyColumns.stream().map(dialect::quote).collect(Collectors.joining(", "));
    String query =
        "SELECT "
            + fields.stream()
                .map(field -> dialect.quote(String.valueOf(binding.column(field))))
                .collect(Collectors.joining(", "))
            + " FROM "
            + table.sqlName()
            + (from == null
                ? ""
                : " WHERE ("
                    + keys
                    + ") > ("
                    + String.join(", ", Collections.nCopies(keyColumns.size(), "?"))
                    + ")")
            + " ORDER BY "
            + keys
            + " LIMIT ?";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      if (from != null) {
        for (int part = 0; part < keyColumns.size(); part++) {
          dialect.bind(select, parameter++, keyField(part).type(), from.part(part));
        }
      }
      select.setInt(parameter, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rows.add(row(row));
        }
      }
    }
  }

  private Field keyField(int part) {
    return binding.schema().field(binding.schema().keyPosition(part));
  }

  private Row row(ResultSet row) throws SQLException {
    @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
    for (int i = 0; i < values.length; i++) {
      // A column that is gone: what there was of it stays as it is.
      values[i] = binding.column(i) == null ? null : Unchanged.UNCHANGED;
    }
    for (int i = 0; i < fields.size(); i++) {
      int field = fields.get(i);
      values[field] = value(row, i + 1, binding.schema().field(field));
    }
    return new Row(binding.schema(), values);
  }

  private @Nullable Object value(ResultSet row, int column, Field field) throws SQLException {
    try {
      return dialect.read(row, column, field.type());
    } catch (IllegalArgumentException unfit) {
      return new Unfit(Database.firstLine(unfit.getMessage()));
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
        keyColumns.stream()
            .map(column -> dialect.quote(column) + " = ?")
            .collect(Collectors.joining(" AND ", "(", ")"));
    String query =
        "SELECT "
            + keyColumns.stream().map(dialect::quote).collect(Collectors.joining(", "))
            + " FROM "
            + table.sqlName()
            + " WHERE "
            + String.join(" OR ", Collections.nCopies(keys.size(), one));
    List<Key> there = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      for (Key key : keys) {
        for (int part = 0; part < key.size(); part++) {
          dialect.bind(select, parameter++, keyField(part).type(), key.part(part));
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
      Object value = value(row, part + 1, keyField(part));
      if (value == null || value instanceof Unfit) {
        return;
      }
      parts[part] = value;
    }
    there.add(new Key(parts));
  }
}
