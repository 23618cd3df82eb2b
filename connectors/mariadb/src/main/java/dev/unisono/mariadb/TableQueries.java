package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
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
  private static final int MOST_KEYS = 500;

  private final Binding binding;
  private final Table table;
  private final List<String> keyColumns;

  /** The fields that the table keeps, in the order the query gives them. */
  private final List<Integer> fields = new ArrayList<>();

  TableQueries(Binding binding, Table table) {
    this.binding = binding;
    this.table = table;
    this.keyColumns = Table.keyColumns(binding);
    for (int i = 0; i < binding.schema().size(); i++) {
      if (type(i) != null) {
        fields.add(i);
      }
    }
  }

  private @Nullable ColumnType type(int field) {
    String name = binding.column(field);
    Table.Column column = name == null ? null : table.columns().get(name);
    return column == null ? null : column.type();
  }

  /**
   * The next rows in key order.
   *
   * @param from the key after which they come; null for the first
   */
  void readNext(Connection connection, @Nullable Key from, int limit, List<Row> rows)
      throws SQLException {
    String keys = keyColumns.stream().map(Database::quote).collect(Collectors.joining(", "));
    String query =
        "SELECT "
            + selected()
            + " FROM "
            + table.name().sql()
            + (from == null ? "" : " WHERE " + after())
            + " ORDER BY "
            + keys
            + " LIMIT ?";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      if (from != null) {
        for (int equal = 0; equal < keyColumns.size(); equal++) {
          for (int i = 0; i <= equal; i++) {
            select.setObject(parameter++, TableValues.parameter(from.part(i)));
          }
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

  /** Written out: of a comparison of rows MariaDB makes no range of an index. */
  private String after() {
    List<String> choices = new ArrayList<>();
    for (int equal = 0; equal < keyColumns.size(); equal++) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < equal; i++) {
        all.add(Database.quote(keyColumns.get(i)) + " = ?");
      }
      all.add(Database.quote(keyColumns.get(equal)) + " > ?");
      choices.add("(" + String.join(" AND ", all) + ")");
    }
    return String.join(" OR ", choices);
  }

  private String selected() {
    List<String> columns = new ArrayList<>();
    for (int field : fields) {
      ColumnType type = type(field);
      String column = Database.quote(String.valueOf(binding.column(field)));
      columns.add(type == null ? column : type.selected(column));
    }
    return String.join(", ", columns);
  }

  private Row row(ResultSet row) throws SQLException {
    @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
    for (int i = 0; i < values.length; i++) {
      // A column that is gone: what there was of it stays as it is.
      values[i] = binding.column(i) == null ? null : Unchanged.UNCHANGED;
    }
    for (int i = 0; i < fields.size(); i++) {
      int field = fields.get(i);
      ColumnType type = type(field);
      if (type != null) {
        values[field] = TableValues.read(binding.schema().field(field), type, row, i + 1);
      }
    }
    return new Row(binding.schema(), values);
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
            .map(column -> Database.quote(column) + " = ?")
            .collect(Collectors.joining(" AND ", "(", ")"));
    List<String> columns = new ArrayList<>();
    for (int i = 0; i < keyColumns.size(); i++) {
      columns.add(keyType(i).selected(Database.quote(keyColumns.get(i))));
    }
    String query =
        "SELECT "
            + String.join(", ", columns)
            + " FROM "
            + table.name().sql()
            + " WHERE "
            + String.join(" OR ", Collections.nCopies(keys.size(), one));
    List<Key> there = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      for (Key key : keys) {
        for (int i = 0; i < key.size(); i++) {
          select.setObject(parameter++, TableValues.parameter(key.part(i)));
        }
      }
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          there.add(key(row));
        }
      }
    }
    return there;
  }

  private ColumnType keyType(int part) {
    Table.Column column = table.columns().get(keyColumns.get(part));
    if (column == null) {
      throw new IllegalArgumentException(table.name().plain() + " has lost its key");
    }
    return column.type();
  }

  private Key key(ResultSet row) throws SQLException {
    Object[] parts = new Object[keyColumns.size()];
    for (int i = 0; i < parts.length; i++) {
      int position = binding.schema().keyPosition(i);
      Object part = TableValues.read(binding.schema().field(position), keyType(i), row, i + 1);
      if (part == null) {
        throw new IllegalArgumentException(table.name().plain() + " has a key without a value");
      }
      parts[i] = part;
    }
    return new Key(parts);
  }
}
