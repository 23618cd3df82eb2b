package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Owner.Filling;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The statements by which callers change one table, in whatever transaction is open. Has no state;
 * safe for threads.
 */
public final class OwnedTable {
  private final Dialect dialect;
  private final Binding binding;
  private final Table table;
  private final List<Table.Column> keyColumns = new ArrayList<>();

  public OwnedTable(Dialect dialect, Binding binding, Table table) {
    this.dialect = dialect;
    this.binding = binding;
    this.table = table;
    Table.keyColumns(binding).forEach(name -> keyColumns.add(table.column(name)));
  }

  /** Why a row cannot be written, in the words of the database or of ours. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String why) {
      super(why, null, false, false);
    }
  }

  /** A value and the type that it is written as. */
  private record Parameter(Table.Column column, ValueType type, @Nullable Object value) {}

  /** The rest of a statement, and the values of its parameters in their order. */
  private static final class Parts {
    final List<String> texts = new ArrayList<>();
    final List<Parameter> values = new ArrayList<>();

    void add(String text, Table.Column column, ValueType type, @Nullable Object value) {
      texts.add(text);
      values.add(new Parameter(column, type, value));
    }
  }

  /**
   * Changes fields of a row.
   *
   * @return false where no such row is there, or it is not as expected
   */
  public boolean update(Connection connection, Key key, Row patch, @Nullable Row expected)
      throws SQLException, Refused {
    Parts assignments = new Parts();
    Parts conditions = new Parts();
    for (int i = 0; i < patch.schema().size(); i++) {
      Table.Column column = written(patch, i);
      if (column == null) {
        continue;
      }
      assignments.add(dialect.quote(column.name()) + " = ?", column, type(i), patch.value(i));
      if (expected != null) {
        compare(i, expected, conditions);
      }
    }
    if (assignments.texts.isEmpty()) {
      throw new Refused("there is nothing to write");
    }
    addKey(key, conditions);
    assignments.values.addAll(conditions.values);
    return execute(
        connection,
        "UPDATE "
            + table.sqlName()
            + " SET "
            + String.join(", ", assignments.texts)
            + " WHERE "
            + String.join(" AND ", conditions.texts),
        assignments.values);
  }

  /**
   * Deletes a row.
   *
   * @return as {@link #update} does
   */
  public boolean delete(Connection connection, Key key, @Nullable Row expected)
      throws SQLException {
    Parts conditions = new Parts();
    addKey(key, conditions);
    for (int i = 0; expected != null && i < expected.schema().size(); i++) {
      compare(i, expected, conditions);
    }
    return execute(
        connection,
        "DELETE FROM " + table.sqlName() + " WHERE " + String.join(" AND ", conditions.texts),
        conditions.values);
  }

  private boolean execute(Connection connection, String text, List<Parameter> values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      bind(statement, values);
      return statement.executeUpdate() > 0;
    }
  }

  /** Inserts a row, and gives the key that it has got. */
  public Key insert(Connection connection, Row row) throws SQLException, Refused {
    Parts columns = new Parts();
    for (int i = 0; i < row.schema().size(); i++) {
      Table.Column column = written(row, i);
      if (column != null) {
        columns.add(dialect.quote(column.name()), column, type(i), row.value(i));
      }
    }
    String insert =
        "INSERT INTO "
            + table.sqlName()
            + (columns.texts.isEmpty()
                ? " " + dialect.defaultValues()
                : " ("
                    + String.join(", ", columns.texts)
                    + ") VALUES ("
                    + String.join(", ", Collections.nCopies(columns.texts.size(), "?"))
                    + ")");
    String where = binding.where();
    List<String> asked = new ArrayList<>();
    keyColumns.forEach(column -> asked.add(dialect.selected(column)));
    asked.add(where == null ? "1" : "CASE WHEN (" + where + ") THEN 1 ELSE 0 END");
    try (PreparedStatement statement =
        connection.prepareStatement(dialect.returning(insert, asked))) {
      bind(statement, columns.values);
      try (ResultSet made = statement.executeQuery()) {
        if (!made.next()) {
          throw new Refused("a trigger of the table has left it out");
        }
        if (made.getInt(asked.size()) == 0) {
          throw new Refused("it would be none of the rows that are read: " + where);
        }
        return key(made);
      }
    }
  }

  private Key key(ResultSet made) throws SQLException, Refused {
    Object[] parts = new Object[keyColumns.size()];
    for (int part = 0; part < parts.length; part++) {
      Object value = dialect.read(made, part + 1, type(binding.schema().keyPosition(part)));
      if (value == null) {
        throw new Refused("its key would be null");
      }
      parts[part] = value;
    }
    return new Key(parts);
  }

  /** True where a row has the key that another one gives. */
  public boolean has(Connection connection, Row row) throws SQLException {
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
      bind(select, conditions.values);
      try (ResultSet found = select.executeQuery()) {
        return found.next();
      }
    }
  }

  /** What the database puts into fields by itself. */
  public Filling filling() {
    Set<Integer> computed = new HashSet<>();
    Set<Integer> filled = new HashSet<>();
    for (int i = 0; i < binding.schema().size(); i++) {
      String name = binding.column(i);
      Table.Column column = name == null ? null : table.columns().get(name);
      if (column != null && column.generated()) {
        computed.add(i);
      }
      if (column != null && (column.generated() || column.filled())) {
        filled.add(i);
      }
    }
    return new Filling(computed, filled);
  }

  /** The column of a field that is written; null where it is not. */
  private Table.@Nullable Column written(Row row, int field) throws Refused {
    String name = binding.column(field);
    if (name == null || row.value(field) == Unchanged.UNCHANGED) {
      return null;
    }
    Table.Column column = table.columns().get(name);
    if (column == null) {
      throw new Refused(table.name() + " has no column " + name + " any more");
    }
    return column;
  }

  private void compare(int field, Row expected, Parts conditions) {
    String name = binding.column(field);
    Table.Column column = name == null ? null : table.columns().get(name);
    if (column != null && expected.value(field) != Unchanged.UNCHANGED) {
      conditions.add(dialect.same(column), column, type(field), expected.value(field));
    }
  }

  private void addKey(Key key, Parts conditions) {
    for (int part = 0; part < keyColumns.size(); part++) {
      Table.Column column = keyColumns.get(part);
      ValueType type = type(binding.schema().keyPosition(part));
      conditions.add(dialect.hasKey(column), column, type, key.part(part));
      for (int more = 1; more < dialect.keyParameters(column); more++) {
        conditions.values.add(new Parameter(column, type, key.part(part)));
      }
      // An index may take another key for this one.
      conditions.add(dialect.same(column), column, type, key.part(part));
    }
  }

  private ValueType type(int field) {
    return binding.schema().field(field).type();
  }

  private void bind(PreparedStatement statement, List<Parameter> values) throws SQLException {
    for (int i = 0; i < values.size(); i++) {
      Parameter parameter = values.get(i);
      dialect.bind(statement, i + 1, parameter.column(), parameter.type(), parameter.value());
    }
  }
}
