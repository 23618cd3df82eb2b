package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner.Filling;
import dev.unisono.spi.Owner.Inserted;
import dev.unisono.spi.Owner.WriteReceipt;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.UnisonoException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The statements by which callers change one table, each of which says by which transaction it
 * comes back. Has no state; safe for threads.
 */
final class OwnedTable {
  private static final String TRANSACTION = "pg_current_xact_id()::xid::text";

  private final Binding binding;
  private final Table table;
  private final List<String> keyColumns;

  OwnedTable(Binding binding, Table table) {
    this.binding = binding;
    this.table = table;
    this.keyColumns = Table.keyColumns(binding);
  }

  /** The rest of a statement, and the values of its parameters in their order. */
  private static final class Parts {
    final List<String> texts = new ArrayList<>();
    final List<@Nullable String> values = new ArrayList<>();

    void add(String text, @Nullable String value) {
      texts.add(text);
      values.add(value);
    }
  }

  Optional<WriteReceipt> update(Connection connection, Key key, Row patch, @Nullable Row expected)
      throws SQLException {
    Parts assignments = new Parts();
    Parts conditions = new Parts();
    for (int i = 0; i < patch.schema().size(); i++) {
      String column = written(patch, i);
      if (column == null) {
        continue;
      }
      ColumnType type = table.column(column).type();
      assignments.add(Database.quote(column) + " = " + typed(type), text(type, patch.value(i)));
      if (expected != null) {
        compare(i, expected, conditions);
      }
    }
    if (assignments.texts.isEmpty()) {
      throw new SQLException("nothing to write", "22000");
    }
    addKey(key, conditions);
    assignments.values.addAll(conditions.values);
    return receipt(
        connection,
        "UPDATE "
            + table.sqlName()
            + " SET "
            + String.join(", ", assignments.texts)
            + " WHERE "
            + String.join(" AND ", conditions.texts),
        assignments.values);
  }

  Optional<WriteReceipt> delete(Connection connection, Key key, @Nullable Row expected)
      throws SQLException {
    Parts conditions = new Parts();
    addKey(key, conditions);
    for (int i = 0; expected != null && i < expected.schema().size(); i++) {
      compare(i, expected, conditions);
    }
    return receipt(
        connection,
        "DELETE FROM " + table.sqlName() + " WHERE " + String.join(" AND ", conditions.texts),
        conditions.values);
  }

  private static Optional<WriteReceipt> receipt(
      Connection connection, String text, List<@Nullable String> values) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(text + " RETURNING " + TRANSACTION)) {
      set(statement, values);
      try (ResultSet row = statement.executeQuery()) {
        return row.next()
            ? Optional.of(new WriteReceipt(Long.parseLong(row.getString(1)), true))
            : Optional.empty();
      }
    }
  }

  /** Inserts a row in the open transaction, and says what key it has got. */
  Inserted insert(Connection connection, Row row) throws SQLException {
    Parts columns = new Parts();
    List<String> given = new ArrayList<>();
    for (int i = 0; i < row.schema().size(); i++) {
      String column = written(row, i);
      if (column != null) {
        ColumnType type = table.column(column).type();
        columns.add(Database.quote(column), text(type, row.value(i)));
        given.add(typed(type));
      }
    }
    String where = binding.where();
    String text =
        "INSERT INTO "
            + table.sqlName()
            + (columns.texts.isEmpty()
                ? " DEFAULT VALUES"
                : " ("
                    + String.join(", ", columns.texts)
                    + ") VALUES ("
                    + String.join(", ", given)
                    + ")")
            + " RETURNING "
            + TRANSACTION
            + ", "
            + (where == null ? "true" : "(" + where + ") IS TRUE")
            + ", "
            + String.join(", ", keyColumns.stream().map(Database::quote).toList());
    try (PreparedStatement insert = connection.prepareStatement(text)) {
      set(insert, columns.values);
      try (ResultSet made = insert.executeQuery()) {
        if (!made.next()) {
          throw new SQLException("a trigger of the table has left it out", "P0001");
        }
        if (!made.getBoolean(2)) {
          throw new SQLException("it would be none of the rows that are read: " + where, "44000");
        }
        return new Inserted(key(made), new WriteReceipt(Long.parseLong(made.getString(1)), true));
      }
    }
  }

  private Key key(ResultSet made) throws SQLException {
    Object[] parts = new Object[keyColumns.size()];
    for (int part = 0; part < parts.length; part++) {
      String found = made.getString(3 + part);
      if (found == null) {
        throw new SQLException("its key would be null", "23502");
      }
      byte[] bytes = found.getBytes(StandardCharsets.UTF_8);
      parts[part] =
          new ValueReader(
                  binding.schema().field(binding.schema().keyPosition(part)),
                  table.type(keyColumns.get(part)))
              .read(bytes, 0, bytes.length);
    }
    return new Key(parts);
  }

  /** True where a row has the key that another one gives. */
  boolean has(Connection connection, Row row) throws SQLException {
    for (int part = 0; part < keyColumns.size(); part++) {
      Object value = row.value(row.schema().keyPosition(part));
      if (value == null || value == Unchanged.UNCHANGED) {
        return false;
      }
    }
    Parts conditions = new Parts();
    addKey(row.schema().key(row), conditions);
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT 1 FROM "
                + table.sqlName()
                + " WHERE "
                + String.join(" AND ", conditions.texts))) {
      set(select, conditions.values);
      try (ResultSet found = select.executeQuery()) {
        return found.next();
      }
    }
  }

  Filling filling() {
    Set<Integer> computed = new HashSet<>();
    Set<Integer> filled = new HashSet<>();
    for (int i = 0; i < binding.schema().size(); i++) {
      String name = binding.column(i);
      Table.Column column = name == null ? null : table.columns().get(name);
      if (column != null && (column.generated() || column.numbered())) {
        computed.add(i);
      }
      if (column != null && (column.generated() || column.hasDefault())) {
        filled.add(i);
      }
    }
    return new Filling(computed, filled);
  }

  /** The column of a field that is written; null where it is not. */
  private @Nullable String written(Row row, int field) {
    String column = binding.column(field);
    if (column == null || row.value(field) == Unchanged.UNCHANGED) {
      return null;
    }
    if (!table.columns().containsKey(column)) {
      throw new UnisonoException(
          new Problem(
              "refused-by-owner",
              ProblemType.USER,
              table.plainName() + " has no column " + column + " any more.",
              binding.configPath(),
              "Leave the field out; nothing was written."));
    }
    return column;
  }

  private void compare(int field, Row expected, Parts conditions) {
    String column = binding.column(field);
    ColumnType type = table.type(column);
    if (column == null || type == null || expected.value(field) == Unchanged.UNCHANGED) {
      return;
    }
    // Of json, xml, points and others PostgreSQL can only compare the texts.
    String as = type.comparable() ? "" : "::text";
    conditions.add(
        Database.quote(column) + as + " IS NOT DISTINCT FROM " + typed(type) + as,
        text(type, expected.value(field)));
  }

  private void addKey(Key key, Parts conditions) {
    for (int part = 0; part < keyColumns.size(); part++) {
      String column = keyColumns.get(part);
      ColumnType type = table.column(column).type();
      conditions.add(Database.quote(column) + " = " + typed(type), text(type, key.part(part)));
    }
  }

  private static String typed(ColumnType type) {
    return "?::" + type.sqlName();
  }

  private static @Nullable String text(ColumnType type, @Nullable Object value) {
    return value == null ? null : type.write(value);
  }

  private static void set(PreparedStatement statement, List<@Nullable String> values)
      throws SQLException {
    for (int i = 0; i < values.size(); i++) {
      statement.setString(i + 1, values.get(i));
    }
  }
}
