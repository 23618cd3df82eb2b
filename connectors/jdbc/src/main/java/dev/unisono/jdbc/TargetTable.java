package dev.unisono.jdbc;

import dev.unisono.jdbc.Dialect.Flag;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write one binding's table: rows of the same form as one batch, in which the
 * driver sends them as its database takes them best. For one thread.
 */
final class TargetTable implements AutoCloseable {
  private final Dialect dialect;
  private final Table table;
  private final Schema schema;
  private final Binding binding;
  private final Statements statements;
  private final int[] keyFields;

  /** How often each part of the key is a parameter where a row is looked for. */
  private final int[] keyParameters;

  /** The fields that this member keeps, in the schema's order. */
  private final int[] keptFields;

  /** The column that says that a row is deleted, quoted; null where deletes are not soft. */
  private final @Nullable String flag;

  /** True where the flag is true or false, false where it is a time or null. */
  private final boolean plainFlag;

  TargetTable(Dialect dialect, Connection connection, Binding binding, Table table) {
    this.dialect = dialect;
    this.binding = binding;
    this.table = table;
    this.schema = binding.schema();
    this.statements = new Statements(connection);
    this.keyFields = IntStream.range(0, schema.keySize()).map(schema::keyPosition).toArray();
    this.keyParameters =
        IntStream.of(keyFields).map(field -> dialect.keyParameters(tableColumn(field))).toArray();
    this.keptFields =
        IntStream.range(0, schema.size()).filter(field -> binding.column(field) != null).toArray();
    String flagColumn = binding.deletedFlag();
    this.flag = flagColumn == null ? null : dialect.quote(flagColumn);
    this.plainFlag =
        flagColumn != null
            && dialect.flag(Objects.requireNonNull(table.columns().get(flagColumn))) == Flag.PLAIN;
  }

  Table table() {
    return table;
  }

  private String column(int field) {
    return dialect.quote(Objects.requireNonNull(binding.column(field), "a column that is kept"));
  }

  private Table.Column tableColumn(int field) {
    return Objects.requireNonNull(
        table.columns().get(String.valueOf(binding.column(field))), "a column that is there");
  }

  private void bind(PreparedStatement statement, int parameter, int field, @Nullable Object value)
      throws SQLException {
    dialect.bind(statement, parameter, tableColumn(field), schema.field(field).type(), value);
  }

  private List<String> columns(int[] fields) {
    return IntStream.of(fields).mapToObj(this::column).toList();
  }

  private static String joined(int[] fields, String between, IntFunction<String> text) {
    return IntStream.of(fields).mapToObj(text).collect(Collectors.joining(between));
  }

  private static int[] fields(BitSet present) {
    return present.stream().toArray();
  }

  private String hasKey() {
    return joined(keyFields, " AND ", field -> dialect.hasKey(tableColumn(field)));
  }

  /** The flag of a row that is not deleted. */
  private String clear() {
    return plainFlag ? "FALSE" : "NULL";
  }

  /** Sets a key's parts; gives the parameter that follows. */
  private int bindKey(PreparedStatement statement, int from, Key key) throws SQLException {
    int parameter = from;
    for (int part = 0; part < keyFields.length; part++) {
      for (int times = 0; times < keyParameters[part]; times++) {
        bind(statement, parameter++, keyFields[part], key.part(part));
      }
    }
    return parameter;
  }

  private int bindFields(PreparedStatement statement, int from, int[] fields, Row row)
      throws SQLException {
    int parameter = from;
    for (int field : fields) {
      bind(statement, parameter++, field, row.value(field));
    }
    return parameter;
  }

  /** Sets the parameters of one row of a batch. */
  @FunctionalInterface
  private interface Setter<T> {
    void set(PreparedStatement statement, T one) throws SQLException;
  }

  private <T> void batch(String text, Iterable<T> all, Setter<T> setter) throws SQLException {
    PreparedStatement statement = statements.of(text);
    try {
      for (T one : all) {
        setter.set(statement, one);
        statement.addBatch();
      }
      statement.executeBatch();
    } finally {
      statement.clearBatch();
    }
  }

  private <T> int run(String text, T one, Setter<T> setter) throws SQLException {
    PreparedStatement statement = statements.of(text);
    setter.set(statement, one);
    return statement.executeUpdate();
  }

  /** Whole rows: there afterwards, whatever was before (invariant 4). */
  void upsert(List<Row> rows) throws SQLException {
    upsert(keptFields, rows);
  }

  private void upsert(int[] fields, List<Row> rows) throws SQLException {
    List<String> columns = new ArrayList<>(columns(fields));
    String values = "VALUES (" + joined(fields, ", ", field -> "?");
    if (flag != null) {
      columns.add(flag);
      values += ", " + clear();
    }
    batch(
        dialect.upsert(table.sqlName(), columns, columns(keyFields), values + ")"),
        rows,
        (statement, row) -> bindFields(statement, 1, fields, row));
  }

  /**
   * New rows that lack fields, since their source had no column for them: there afterwards, with
   * what the table itself puts in the others.
   */
  void insert(Map<Key, Row> rows) throws SQLException {
    Map<BitSet, List<Row>> groups = new HashMap<>();
    rows.values()
        .forEach(row -> groups.computeIfAbsent(present(row), any -> new ArrayList<>()).add(row));
    for (Map.Entry<BitSet, List<Row>> group : groups.entrySet()) {
      int[] fields = IntStream.concat(IntStream.of(keyFields), group.getKey().stream()).toArray();
      upsert(fields, group.getValue());
    }
  }

  /** Rows that lack fields, in groups of the same fields: what is UNCHANGED stays (invariant 6). */
  void update(Map<Key, Row> rows) throws SQLException {
    Map<BitSet, Map<Key, Row>> groups = new HashMap<>();
    rows.forEach(
        (key, row) -> groups.computeIfAbsent(present(row), any -> new HashMap<>()).put(key, row));
    for (Map.Entry<BitSet, Map<Key, Row>> group : groups.entrySet()) {
      int[] fields = fields(group.getKey());
      if (fields.length > 0) {
        batch(
            updateStatement(fields),
            group.getValue().entrySet(),
            (statement, entry) ->
                bindKey(
                    statement, bindFields(statement, 1, fields, entry.getValue()), entry.getKey()));
      }
    }
  }

  private String updateStatement(int[] fields) {
    return "UPDATE "
        + table.sqlName()
        + " SET "
        + joined(fields, ", ", field -> column(field) + " = ?")
        + " WHERE "
        + hasKey();
  }

  /**
   * Deletes rows in the way that this member asks for.
   *
   * @param keys with the time of the delete in the source
   */
  void delete(Map<Key, Instant> keys) throws SQLException {
    if (binding.deletes() == Deletes.IGNORE) {
      return;
    }
    if (flag == null) {
      batch(
          "DELETE FROM " + table.sqlName() + " WHERE " + hasKey(),
          keys.keySet(),
          (statement, key) -> bindKey(statement, 1, key));
      return;
    }
    String text =
        "UPDATE "
            + table.sqlName()
            + " SET "
            + flag
            + " = "
            + (plainFlag ? "TRUE" : "?")
            + " WHERE "
            + hasKey();
    batch(
        text,
        keys.entrySet(),
        (statement, entry) ->
            bindKey(statement, bindTime(statement, entry.getValue()), entry.getKey()));
  }

  private int bindTime(PreparedStatement statement, Instant time) throws SQLException {
    if (plainFlag) {
      return 1;
    }
    dialect.bind(statement, 1, ValueType.TIMESTAMP, time);
    return 2;
  }

  /** Deletes all rows, in the way that this member asks for. */
  void truncate(Instant time) throws SQLException {
    switch (binding.deletes()) {
      case HARD -> run("DELETE FROM " + table.sqlName(), time, (statement, any) -> {});
      case SOFT ->
          run(
              "UPDATE "
                  + table.sqlName()
                  + " SET "
                  + flag
                  + " = "
                  + (plainFlag ? "TRUE" : "?")
                  + " WHERE "
                  + flag
                  + (plainFlag ? " IS NOT TRUE" : " IS NULL"),
              time,
              this::bindTime);
      case IGNORE -> {}
    }
  }

  /** True where a row has every field that this member keeps. */
  boolean whole(Row row) {
    for (int field : keptFields) {
      if (row.value(field) == Unchanged.UNCHANGED) {
        return false;
      }
    }
    return true;
  }

  private BitSet present(Row row) {
    BitSet present = new BitSet();
    for (int field : keptFields) {
      if (!schema.isKey(field) && row.value(field) != Unchanged.UNCHANGED) {
        present.set(field);
      }
    }
    return present;
  }

  /**
   * Gives rows that are there their new values all at once, so that they can take over unique
   * values from each other: they are removed and written again. Does nothing where a removal would
   * reach other rows.
   */
  void replace(Map<Key, Row> rows) throws SQLException {
    if (table.removalReachesOthers()) {
      return;
    }
    List<Table.Column> columns = written();
    Map<Key, @Nullable Object[]> there = new HashMap<>();
    for (Key key : rows.keySet()) {
      @Nullable Object[] values = values(columns, key);
      if (values != null) {
        there.put(key, values);
      }
    }
    batch(
        "DELETE FROM " + table.sqlName() + " WHERE " + hasKey(),
        there.keySet(),
        (statement, key) -> bindKey(statement, 1, key));
    String insert =
        "INSERT INTO "
            + table.sqlName()
            + " ("
            + columns.stream()
                .map(one -> dialect.quote(one.name()))
                .collect(Collectors.joining(", "))
            + ") VALUES ("
            + String.join(", ", Collections.nCopies(columns.size(), "?"))
            + ")";
    batch(
        insert,
        there.entrySet(),
        (statement, entry) -> {
          Row row = Objects.requireNonNull(rows.get(entry.getKey()));
          for (int i = 0; i < columns.size(); i++) {
            int field = binding.columns().indexOf(columns.get(i).name());
            if (field >= 0 && row.value(field) != Unchanged.UNCHANGED) {
              bind(statement, i + 1, field, row.value(field));
            } else {
              statement.setObject(i + 1, entry.getValue()[i]);
            }
          }
        });
  }

  /** The columns that a statement can write. */
  private List<Table.Column> written() {
    return table.columns().values().stream().filter(column -> !column.generated()).toList();
  }

  private @Nullable Object @Nullable [] values(List<Table.Column> columns, Key key)
      throws SQLException {
    PreparedStatement select =
        statements.of(
            "SELECT "
                + columns.stream().map(dialect::selected).collect(Collectors.joining(", "))
                + " FROM "
                + table.sqlName()
                + " WHERE "
                + hasKey());
    bindKey(select, 1, key);
    try (var row = select.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      @Nullable Object[] values = new @Nullable Object[columns.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = dialect.kept(row, i + 1);
      }
      return values;
    }
  }

  /**
   * Moves a row to another key with the fields that came along; where no row has the old key, a
   * whole row is written under the new one. Where deletes are not hard, the old row stays, and is
   * marked before the new one is written.
   */
  void move(Key from, Key to, Row row, Instant time) throws SQLException {
    if (binding.deletes() != Deletes.HARD) {
      delete(Map.of(from, time));
      copy(from, to, row, true);
      return;
    }
    int[] fields =
        IntStream.of(keptFields).filter(field -> row.value(field) != Unchanged.UNCHANGED).toArray();
    int moved =
        run(
            updateStatement(fields),
            row,
            (statement, any) -> bindKey(statement, bindFields(statement, 1, fields, row), from));
    if (moved == 0) {
      write(to, row);
    }
  }

  private void write(Key key, Row row) throws SQLException {
    if (whole(row)) {
      upsert(List.of(row));
    } else {
      update(Map.of(key, row));
    }
  }

  /**
   * Writes a row under a new key beside the old one, with what did not come along (fields that are
   * UNCHANGED, columns that are not synced) taken from it.
   *
   * @param over true where whatever is there under the new key is another row that was left, false
   *     where it is this one, delivered before
   */
  void copy(Key from, Key to, Row row, boolean over) throws SQLException {
    List<String> columns = new ArrayList<>();
    List<String> values = new ArrayList<>();
    List<Integer> given = new ArrayList<>();
    for (Table.Column column : written()) {
      String name = dialect.quote(column.name());
      columns.add(name);
      int field = binding.columns().indexOf(column.name());
      if (column.name().equals(binding.deletedFlag())) {
        values.add(clear());
      } else if (field >= 0 && row.value(field) != Unchanged.UNCHANGED) {
        values.add("?");
        given.add(field);
      } else {
        values.add(name);
      }
    }
    boolean overwrites = over || binding.deletes() != Deletes.HARD;
    String source =
        "SELECT " + String.join(", ", values) + " FROM " + table.sqlName() + " WHERE " + hasKey();
    String text =
        overwrites
            ? dialect.upsert(table.sqlName(), columns, columns(keyFields), source)
            : "INSERT INTO "
                + table.sqlName()
                + " ("
                + String.join(", ", columns)
                + ") "
                + source
                + " AND NOT EXISTS (SELECT 1 FROM "
                + table.sqlName()
                + " WHERE "
                + hasKey()
                + ")";
    int[] fields = given.stream().mapToInt(Integer::intValue).toArray();
    run(
        text,
        row,
        (statement, any) -> {
          int next = bindKey(statement, bindFields(statement, 1, fields, row), from);
          if (!overwrites) {
            bindKey(statement, next, to);
          }
        });
    // Where there was no old row to copy, or this was delivered before.
    write(to, row);
  }

  @Override
  public void close() {
    statements.close();
  }
}
