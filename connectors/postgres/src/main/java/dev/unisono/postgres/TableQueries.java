package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that read one binding's table: rows in key order, rows of some keys, keys that are
 * missing. Has no state; safe for threads.
 */
final class TableQueries {
  private final Binding binding;
  private final Table table;
  private final List<String> keyColumns;

  /** The fields that the table keeps, in the order the query gives them. */
  private final List<Integer> fields = new ArrayList<>();

  /** How the column of each of them is read. */
  private final List<ValueReader> readers = new ArrayList<>();

  TableQueries(Binding binding, Table table) {
    this.binding = binding;
    this.table = table;
    this.keyColumns = Table.keyColumns(binding);
    for (int i = 0; i < binding.schema().size(); i++) {
      String column = binding.column(i);
      if (column != null && table.columns().containsKey(column)) {
        fields.add(i);
        readers.add(new ValueReader(binding.schema().field(i), table.type(binding.column(i))));
      }
    }
  }

  /** Looks keys up, and collects those that the table does not have. */
  void findMissing(Connection connection, List<Key> keys, List<Key> missing) throws SQLException {
    if (keys.isEmpty()) {
      return;
    }
    Savepoint before = connection.setSavepoint();
    try {
      missing.addAll(missing(connection, keys));
      connection.releaseSavepoint(before);
    } catch (SQLException failed) {
      String state = failed.getSQLState() == null ? "" : failed.getSQLState();
      if (!state.startsWith("22")) {
        throw failed;
      }
      connection.rollback(before);
      if (keys.size() == 1) {
        // What the key's column cannot even hold is not there.
        missing.add(keys.getFirst());
        return;
      }
      findMissing(connection, keys.subList(0, keys.size() / 2), missing);
      findMissing(connection, keys.subList(keys.size() / 2, keys.size()), missing);
    }
  }

  private List<Key> missing(Connection connection, List<Key> keys) throws SQLException {
    List<String> equal = new ArrayList<>();
    for (int i = 0; i < keyColumns.size(); i++) {
      equal.add(
          "t."
              + Database.quote(keyColumns.get(i))
              + " = "
              + keyTypes().get(i).ofElement("u.k" + i));
    }
    String query =
        "SELECT u.n FROM unnest("
            + keyArrays()
            + ") WITH ORDINALITY u ("
            + keyNames()
            + ", n) WHERE NOT EXISTS (SELECT FROM "
            + table.sqlName()
            + " t WHERE "
            + condition()
            + " AND "
            + String.join(" AND ", equal)
            + ")";
    List<Key> missing = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(query)) {
      setKeys(select, keys);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          missing.add(keys.get(row.getInt(1) - 1));
        }
      }
    }
    return missing;
  }

  /** Asked when they are needed: until the log tells of it, a key may be called otherwise. */
  private List<ColumnType> keyTypes() {
    return keyColumns.stream().map(column -> table.column(column).type()).toList();
  }

  private String keyArrays() {
    return keyTypes().stream().map(ColumnType::arrayParameter).collect(Collectors.joining(", "));
  }

  private String keyNames() {
    return IntStream.range(0, keyTypes().size())
        .mapToObj(i -> "k" + i)
        .collect(Collectors.joining(", "));
  }

  private void setKeys(PreparedStatement select, List<Key> keys) throws SQLException {
    for (int i = 0; i < keyColumns.size(); i++) {
      int part = i;
      Object[] values = keys.stream().map(key -> TextValue.write(key.part(part))).toArray();
      select.setArray(i + 1, select.getConnection().createArrayOf("text", values));
    }
  }

  /**
   * The next rows in key order.
   *
   * @param from the key after which they come, as texts; null for the first
   */
  void readNext(Connection connection, @Nullable List<String> from, int limit, List<Row> rows)
      throws SQLException {
    String values =
        keyTypes().stream().map(type -> "?::" + type.sqlName()).collect(Collectors.joining(", "));
    String query =
        select()
            + (from == null ? "" : " AND (" + keyList() + ") > (" + values + ")")
            + " ORDER BY "
            + keyList()
            + " LIMIT ?";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      int parameter = 1;
      if (from != null) {
        for (String part : from) {
          select.setString(parameter++, part);
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

  /** The rows of some keys. */
  void readKeys(Connection connection, List<Key> asked, Map<Key, Row> found) throws SQLException {
    String keys =
        IntStream.range(0, keyTypes().size())
            .mapToObj(i -> keyTypes().get(i).ofElement("u.k" + i))
            .collect(Collectors.joining(", "));
    String query =
        select()
            + " AND ("
            + keyList()
            + ") IN (SELECT "
            + keys
            + " FROM unnest("
            + keyArrays()
            + ") AS u ("
            + keyNames()
            + "))";
    try (PreparedStatement select = connection.prepareStatement(query)) {
      setKeys(select, asked);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Row read = row(row);
          found.put(binding.schema().key(read), read);
        }
      }
    }
  }

  /** Makes a row of what {@link #select} gives. */
  Row row(ResultSet row) throws SQLException {
    @Nullable Object[] values = new @Nullable Object[binding.schema().size()];
    for (int i = 0; i < values.length; i++) {
      // A column that is gone: what there was of it stays as it is.
      values[i] = binding.column(i) == null ? null : Unchanged.UNCHANGED;
    }
    for (int i = 0; i < fields.size(); i++) {
      int field = fields.get(i);
      String text = row.getString(i + 1);
      values[field] = null;
      if (text != null) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        values[field] = readers.get(i).read(bytes, 0, bytes.length);
      }
    }
    return new Row(binding.schema(), values);
  }

  private String keyList() {
    return keyColumns.stream()
        .map(column -> "t." + Database.quote(column))
        .collect(Collectors.joining(", "));
  }

  private String select() {
    return select("");
  }

  /**
   * A query of the binding's rows.
   *
   * @param sampled which part of the table is looked at, as a clause of FROM; empty for all of it
   */
  String select(String sampled) {
    // As they are: the session gives each type's own text form, and so does the log. A cast to text
    // would not, for some (the padding of a char(n), the mask of an inet).
    String columns =
        fields.stream()
            .map(field -> "t." + Database.quote(String.valueOf(binding.column(field))))
            .collect(Collectors.joining(", "));
    return "SELECT "
        + columns
        + " FROM "
        + table.sqlName()
        + " t"
        + sampled
        + " WHERE "
        + condition();
  }

  /** The rows that the publication shows. */
  private String condition() {
    return binding.where() == null ? "true" : "(" + binding.where() + ")";
  }
}
