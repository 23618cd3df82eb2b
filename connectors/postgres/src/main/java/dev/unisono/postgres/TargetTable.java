package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The statements that write one binding's table: one for a whole batch, its columns as arrays. For
 * one thread.
 */
final class TargetTable {
  private final Table table;
  private final Schema schema;
  private final Binding binding;
  private final int[] keyFields;

  /** The fields that this member keeps, in the schema's order. */
  private final int[] keptFields;

  /** The columns of the fields, in the schema's order; null where there is none. */
  private final Table.@Nullable Column[] columns;

  private final String upsert;
  private final String delete;
  private final Map<BitSet, String> updates = new HashMap<>();

  TargetTable(Binding binding, Table table) {
    this.binding = binding;
    this.table = table;
    this.schema = binding.schema();
    this.keyFields = new int[schema.keySize()];
    for (int i = 0; i < keyFields.length; i++) {
      keyFields[i] = schema.keyPosition(i);
    }
    List<Integer> kept = new ArrayList<>();
    this.columns = new Table.@Nullable Column[schema.size()];
    for (int i = 0; i < schema.size(); i++) {
      String column = binding.column(i);
      if (column != null) {
        kept.add(i);
        columns[i] = table.column(column);
      }
    }
    this.keptFields = kept.stream().mapToInt(Integer::intValue).toArray();
    this.upsert = upsertStatement();
    this.delete = deleteStatement();
  }

  Table table() {
    return table;
  }

  private Table.Column kept(int field) {
    return Objects.requireNonNull(columns[field], "a column that is kept");
  }

  private String column(int field) {
    return Database.quote(kept(field).name());
  }

  private String arrayOf(int field) {
    return kept(field).type().arrayParameter();
  }

  /** A field's value where the batch's arrays are unnested as u. */
  private String value(int field) {
    return kept(field).type().ofElement("u.v" + field);
  }

  /** A parameter for one value, which is an array of one. */
  private String single(int field) {
    return kept(field).type().ofElement("(" + arrayOf(field) + ")[1]");
  }

  private static String list(int[] fields, java.util.function.IntFunction<String> text) {
    return java.util.Arrays.stream(fields).mapToObj(text).collect(Collectors.joining(", "));
  }

  private String upsertStatement() {
    // A key that is the same in other words (case, in a citext) gets the words that came.
    int[] rest =
        java.util.Arrays.stream(keptFields)
            .filter(field -> !schema.isKey(field) || !kept(field).exact())
            .toArray();
    return "INSERT INTO "
        + table.sqlName()
        + " ("
        + list(keptFields, this::column)
        // A column that the server numbers itself has our number all the same.
        + ") OVERRIDING SYSTEM VALUE SELECT "
        + list(keptFields, this::value)
        + " FROM unnest("
        + list(keptFields, this::arrayOf)
        + ") AS u ("
        + list(keptFields, field -> "v" + field)
        + ") ON CONFLICT ("
        + list(keyFields, this::column)
        + ") DO "
        + (rest.length == 0
            ? "NOTHING"
            : "UPDATE SET " + list(rest, field -> column(field) + " = EXCLUDED." + column(field)));
  }

  private String deleteStatement() {
    return "DELETE FROM "
        + table.sqlName()
        + " t USING unnest("
        + list(keyFields, this::arrayOf)
        + ") AS u ("
        + list(keyFields, field -> "k" + field)
        + ") WHERE "
        + matchesKey();
  }

  private String matchesKey() {
    return java.util.Arrays.stream(keyFields)
        .mapToObj(
            field -> same(field, "t." + column(field), kept(field).type().ofElement("u.k" + field)))
        .collect(Collectors.joining(" AND "));
  }

  /** The same in the same words: another row's key may be equal to PostgreSQL. */
  private String same(int field, String one, String other) {
    String equal = one + " = " + other;
    return kept(field).exact() ? equal : equal + " AND " + one + "::text = " + other + "::text";
  }

  private String hasKey() {
    return java.util.Arrays.stream(keyFields)
        .mapToObj(field -> column(field) + " = " + single(field))
        .collect(Collectors.joining(" AND "));
  }

  /** Writes only the fields that are there: what is UNCHANGED stays (invariant 6). */
  private String updateStatement(BitSet present) {
    return "UPDATE "
        + table.sqlName()
        + " t SET "
        + present.stream()
            .mapToObj(field -> column(field) + " = " + value(field))
            .collect(Collectors.joining(", "))
        + " FROM unnest("
        + list(keyFields, this::arrayOf)
        + present.stream().mapToObj(field -> ", " + arrayOf(field)).collect(Collectors.joining())
        + ") AS u ("
        + list(keyFields, field -> "k" + field)
        + present.stream().mapToObj(field -> ", v" + field).collect(Collectors.joining())
        + ") WHERE "
        + matchesKey();
  }

  /** Whole rows: there afterwards, whatever was before (invariant 4). */
  void upsert(Connection connection, List<Row> rows) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(upsert)) {
      int parameter = 1;
      for (int field : keptFields) {
        ArrayLiteral values = new ArrayLiteral(kept(field).type());
        for (Row row : rows) {
          values.add(row.value(field));
        }
        statement.setString(parameter++, values.toString());
      }
      statement.executeUpdate();
    }
  }

  void delete(Connection connection, List<Key> keys) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(delete)) {
      setKeys(statement, keys);
      statement.executeUpdate();
    }
  }

  private int setKeys(PreparedStatement statement, List<Key> keys) throws SQLException {
    for (int part = 0; part < keyFields.length; part++) {
      ArrayLiteral values = new ArrayLiteral(kept(keyFields[part]).type());
      for (Key key : keys) {
        values.add(key.part(part));
      }
      statement.setString(part + 1, values.toString());
    }
    return keyFields.length + 1;
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

  /** Rows that lack fields, in groups of the same fields. */
  void update(Connection connection, Map<Key, Row> rows) throws SQLException {
    Map<BitSet, Map<Key, Row>> groups = new HashMap<>();
    rows.forEach(
        (key, row) -> groups.computeIfAbsent(present(row), any -> new HashMap<>()).put(key, row));
    for (Map.Entry<BitSet, Map<Key, Row>> group : groups.entrySet()) {
      BitSet present = group.getKey();
      if (present.isEmpty()) {
        continue;
      }
      String text = updates.computeIfAbsent(present, this::updateStatement);
      try (PreparedStatement statement = connection.prepareStatement(text)) {
        List<Key> keys = new ArrayList<>(group.getValue().keySet());
        int parameter = setKeys(statement, keys);
        for (int field = present.nextSetBit(0); field >= 0; field = present.nextSetBit(field + 1)) {
          ArrayLiteral values = new ArrayLiteral(kept(field).type());
          for (Row row : group.getValue().values()) {
            values.add(row.value(field));
          }
          statement.setString(parameter++, values.toString());
        }
        statement.executeUpdate();
      }
    }
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
   * Moves a row to another key with the fields that came along; where no row has the old key, a
   * whole row is written under the new one.
   */
  void move(Connection connection, Key from, Key to, Row row) throws SQLException {
    List<Integer> fields = new ArrayList<>();
    for (int field : keptFields) {
      if (row.value(field) != Unchanged.UNCHANGED) {
        fields.add(field);
      }
    }
    // A row that is already there under the new key is this one, delivered before.
    String text =
        "UPDATE "
            + table.sqlName()
            + " SET "
            + fields.stream()
                .map(field -> column(field) + " = " + single(field))
                .collect(Collectors.joining(", "))
            + " WHERE "
            + hasKey();
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      int parameter = 1;
      for (int field : fields) {
        statement.setString(parameter++, single(field, row.value(field)));
      }
      for (int part = 0; part < from.size(); part++) {
        statement.setString(parameter++, single(keyFields[part], from.part(part)));
      }
      if (statement.executeUpdate() > 0) {
        return;
      }
    }
    if (whole(row)) {
      upsert(connection, List.of(row));
    } else {
      update(connection, Map.of(to, row));
    }
  }

  /**
   * Writes a row under a new key beside the old one, with what did not come along (fields that are
   * UNCHANGED, columns that are not synced) taken from it.
   *
   * @param over true where whatever is there under the new key is another row that was left, false
   *     where it is this one, delivered before
   */
  void copy(Connection connection, Key from, Key to, Row row, boolean over) throws SQLException {
    List<String> columns = new ArrayList<>();
    List<String> values = new ArrayList<>();
    List<String> parameters = new ArrayList<>();
    for (Table.Column column : table.columns().values()) {
      if (column.generated()) {
        continue;
      }
      columns.add(Database.quote(column.name()));
      int field = binding.columns().indexOf(column.name());
      if (field >= 0 && row.value(field) != Unchanged.UNCHANGED) {
        values.add(single(field));
        parameters.add(single(field, row.value(field)));
      } else {
        values.add(Database.quote(column.name()));
      }
    }
    String text =
        "INSERT INTO "
            + table.sqlName()
            + " ("
            + String.join(", ", columns)
            + ") OVERRIDING SYSTEM VALUE SELECT "
            + String.join(", ", values)
            + " FROM "
            + table.sqlName()
            + " WHERE "
            + hasKey()
            + (over
                ? " ON CONFLICT ("
                    + list(keyFields, this::column)
                    + ") DO UPDATE SET "
                    + columns.stream()
                        .map(column -> column + " = EXCLUDED." + column)
                        .collect(Collectors.joining(", "))
                : " ON CONFLICT DO NOTHING");
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      for (int part = 0; part < from.size(); part++) {
        parameters.add(single(keyFields[part], from.part(part)));
      }
      for (int i = 0; i < parameters.size(); i++) {
        statement.setString(i + 1, parameters.get(i));
      }
      statement.executeUpdate();
    }
    // Where there was no old row to copy, or this was delivered before.
    if (whole(row)) {
      upsert(connection, List.of(row));
    } else {
      update(connection, Map.of(to, row));
    }
  }

  private String single(int field, @Nullable Object value) {
    ArrayLiteral literal = new ArrayLiteral(kept(field).type());
    literal.add(value);
    return literal.toString();
  }
}
