package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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

  /** The column that says that a row is deleted, quoted; null where deletes are not soft. */
  private final @Nullable String flag;

  /** True where the flag is true or false, false where it is a time or null. */
  private final boolean plainFlag;

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
    String flagColumn = binding.deletedFlag();
    this.flag = flagColumn == null ? null : Database.quote(flagColumn);
    this.plainFlag = flagColumn != null && table.column(flagColumn).type().name().equals("bool");
    this.upsert = upsertStatement(keptFields);
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

  private String upsertStatement(int[] fields) {
    // A key that is the same in other words (case, in a citext) gets the words that came.
    int[] rest =
        java.util.Arrays.stream(fields)
            .filter(field -> !schema.isKey(field) || !kept(field).exact())
            .toArray();
    return "INSERT INTO "
        + table.sqlName()
        + " ("
        + list(fields, this::column)
        + (flag == null ? "" : ", " + flag)
        // A column that the server numbers itself has our number all the same.
        + ") OVERRIDING SYSTEM VALUE SELECT "
        + list(fields, this::value)
        + (flag == null ? "" : ", " + clear())
        + " FROM unnest("
        + list(fields, this::arrayOf)
        + ") AS u ("
        + list(fields, field -> "v" + field)
        + ") ON CONFLICT ("
        + list(keyFields, this::column)
        + ") DO "
        + (rest.length == 0 && flag == null
            ? "NOTHING"
            : "UPDATE SET "
                + list(rest, field -> column(field) + " = EXCLUDED." + column(field))
                + (flag == null ? "" : (rest.length == 0 ? "" : ", ") + flag + " = " + clear()));
  }

  /** The flag of a row that is not deleted. */
  private String clear() {
    return plainFlag ? "FALSE" : "NULL";
  }

  private String deleteStatement() {
    if (flag != null) {
      return "UPDATE "
          + table.sqlName()
          + " t SET "
          + flag
          + " = "
          + (plainFlag ? "TRUE" : "u.deleted_at")
          + " FROM unnest("
          + list(keyFields, this::arrayOf)
          + ", ?::timestamptz[]) AS u ("
          + list(keyFields, field -> "k" + field)
          + ", deleted_at) WHERE "
          + matchesKey();
    }
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

  /** True where the server lets no number of the key be changed, only set. */
  private boolean numbered() {
    for (int field : keyFields) {
      if (kept(field).numbered()) {
        return true;
      }
    }
    return false;
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
  void upsert(TargetTransaction transaction, List<Row> rows) throws SQLException {
    upsert(transaction, upsert, keptFields, rows);
  }

  /**
   * New rows that lack fields, since their source had no column for them: there afterwards, with
   * what the table itself puts in the others.
   */
  void insert(TargetTransaction transaction, Map<Key, Row> rows) throws SQLException {
    Map<BitSet, List<Row>> groups = new HashMap<>();
    rows.values()
        .forEach(row -> groups.computeIfAbsent(present(row), any -> new ArrayList<>()).add(row));
    for (Map.Entry<BitSet, List<Row>> group : groups.entrySet()) {
      int[] fields = IntStream.concat(IntStream.of(keyFields), group.getKey().stream()).toArray();
      upsert(transaction, upsertStatement(fields), fields, group.getValue());
    }
  }

  private void upsert(TargetTransaction transaction, String text, int[] fields, List<Row> rows)
      throws SQLException {
    List<String> parameters = new ArrayList<>();
    for (int field : fields) {
      ArrayLiteral values = new ArrayLiteral(kept(field).type());
      for (Row row : rows) {
        values.add(row.value(field));
      }
      parameters.add(values.toString());
    }
    transaction.add(new Write(text, parameters));
  }

  /**
   * Deletes rows in the way that this member asks for.
   *
   * @param keys with the time of the delete in the source
   */
  void delete(TargetTransaction transaction, Map<Key, Instant> keys) throws SQLException {
    if (binding.deletes() == Deletes.IGNORE) {
      return;
    }
    List<String> parameters = keyParameters(keys.keySet());
    if (flag != null) {
      ArrayLiteral times = new ArrayLiteral(flagType());
      keys.values().forEach(times::add);
      parameters.add(times.toString());
    }
    transaction.add(new Write(delete, parameters));
  }

  /** Marks all rows as deleted that are not marked yet; for a member whose deletes are soft. */
  void markAll(TargetTransaction transaction, Instant time) throws SQLException {
    List<String> parameters = new ArrayList<>();
    if (!plainFlag) {
      ArrayLiteral one = new ArrayLiteral(flagType());
      one.add(time);
      parameters.add(one.toString());
    }
    transaction.add(
        new Write(
            "UPDATE "
                + table.sqlName()
                + " SET "
                + flag
                + " = "
                + (plainFlag ? "TRUE" : "(?::timestamptz[])[1]")
                + " WHERE "
                + flag
                + (plainFlag ? " IS NOT TRUE" : " IS NULL"),
            parameters));
  }

  private ColumnType flagType() {
    return table.column(Objects.requireNonNull(binding.deletedFlag())).type();
  }

  Deletes deletes() {
    return binding.deletes();
  }

  private List<String> keyParameters(Collection<Key> keys) {
    List<String> parameters = new ArrayList<>();
    for (int part = 0; part < keyFields.length; part++) {
      ArrayLiteral values = new ArrayLiteral(kept(keyFields[part]).type());
      for (Key key : keys) {
        values.add(key.part(part));
      }
      parameters.add(values.toString());
    }
    return parameters;
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
  void update(TargetTransaction transaction, Map<Key, Row> rows) throws SQLException {
    Map<BitSet, Map<Key, Row>> groups = new HashMap<>();
    rows.forEach(
        (key, row) -> groups.computeIfAbsent(present(row), any -> new HashMap<>()).put(key, row));
    for (Map.Entry<BitSet, Map<Key, Row>> group : groups.entrySet()) {
      BitSet present = group.getKey();
      if (present.isEmpty()) {
        continue;
      }
      String text = updates.computeIfAbsent(present, this::updateStatement);
      List<String> parameters = keyParameters(group.getValue().keySet());
      for (int field = present.nextSetBit(0); field >= 0; field = present.nextSetBit(field + 1)) {
        ArrayLiteral values = new ArrayLiteral(kept(field).type());
        for (Row row : group.getValue().values()) {
          values.add(row.value(field));
        }
        parameters.add(values.toString());
      }
      transaction.add(new Write(text, parameters));
    }
  }

  /**
   * Gives rows that are there their new values all at once, so that they can take over unique
   * values from each other: they are removed and written again in one statement, which leaves what
   * refers to them as it is. Does nothing where a removal would reach other rows.
   */
  void replace(TargetTransaction transaction, Map<Key, Row> rows) throws SQLException {
    if (removalReachesOthers(transaction.connection())) {
      return;
    }
    int[] rest =
        java.util.Arrays.stream(keptFields).filter(field -> !schema.isKey(field)).toArray();
    List<String> parameters = keyParameters(rows.keySet());
    for (int field : rest) {
      ArrayLiteral values = new ArrayLiteral(kept(field).type());
      ArrayLiteral present = new ArrayLiteral(kept(field).type());
      for (Row row : rows.values()) {
        Object value = row.value(field);
        values.add(value == Unchanged.UNCHANGED ? null : value);
        present.add(value != Unchanged.UNCHANGED);
      }
      parameters.add(values.toString());
      parameters.add(present.toString());
    }
    transaction.add(new Write(replaceStatement(rest), parameters));
  }

  private boolean removalReachesOthers(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT EXISTS (SELECT FROM pg_constraint WHERE contype = 'f' AND confdeltype IN"
                    + " ('c', 'n', 'd') AND confrelid = "
                    + table.relation()
                    + ")")) {
      row.next();
      return row.getBoolean(1);
    }
  }

  /** The order makes the server remove all before it writes the first. */
  private String replaceStatement(int[] rest) {
    List<String> columns = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (Table.Column column : table.columns().values()) {
      if (column.generated()) {
        continue;
      }
      String name = Database.quote(column.name());
      int field = binding.columns().indexOf(column.name());
      columns.add(name);
      values.add(
          field < 0 || schema.isKey(field)
              ? name
              : "CASE WHEN "
                  + present(field)
                  + " THEN "
                  + kept(field).type().ofElement(given(field))
                  + " ELSE "
                  + name
                  + " END");
    }
    return "WITH gone AS (DELETE FROM "
        + table.sqlName()
        + " t USING unnest("
        + list(keyFields, this::arrayOf)
        + list(rest, field -> arrayOf(field) + ", ?::bool[]", ", ")
        + ") AS u ("
        + list(keyFields, field -> "k" + field)
        + list(rest, field -> given(field) + ", " + present(field), ", ")
        + ") WHERE "
        + matchesKey()
        + " RETURNING t.*"
        + list(rest, field -> "u." + given(field) + ", u." + present(field), ", ")
        + ") INSERT INTO "
        + table.sqlName()
        + " ("
        + String.join(", ", columns)
        + ") OVERRIDING SYSTEM VALUE SELECT "
        + String.join(", ", values)
        + " FROM gone ORDER BY "
        + list(keyFields, this::column);
  }

  /** Names that no column of the table has. */
  private static String given(int field) {
    return "\"unisono given " + field + "\"";
  }

  private static String present(int field) {
    return "\"unisono present " + field + "\"";
  }

  private static String list(
      int[] fields, java.util.function.IntFunction<String> text, String before) {
    return fields.length == 0 ? "" : before + list(fields, text);
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
   * whole row is written under the new one. Where deletes are not hard, the old row stays, and is
   * marked before the new one is written.
   */
  void move(TargetTransaction transaction, Key from, Key to, Row row, Instant time)
      throws SQLException {
    if (binding.deletes() != Deletes.HARD) {
      delete(transaction, Map.of(from, time));
      copy(transaction, from, to, row, true);
      return;
    }
    if (numbered()) {
      copy(transaction, from, to, row, false);
      delete(transaction, Map.of(from, time));
      return;
    }
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
    List<String> parameters = new ArrayList<>();
    for (int field : fields) {
      parameters.add(single(field, row.value(field)));
    }
    for (int part = 0; part < from.size(); part++) {
      parameters.add(single(keyFields[part], from.part(part)));
    }
    if (transaction.run(new Write(text, parameters)) > 0) {
      return;
    }
    if (whole(row)) {
      upsert(transaction, List.of(row));
    } else {
      update(transaction, Map.of(to, row));
    }
  }

  /**
   * Writes a row under a new key beside the old one, with what did not come along (fields that are
   * UNCHANGED, columns that are not synced) taken from it.
   *
   * @param over true where whatever is there under the new key is another row that was left, false
   *     where it is this one, delivered before
   */
  void copy(TargetTransaction transaction, Key from, Key to, Row row, boolean over)
      throws SQLException {
    List<String> columns = new ArrayList<>();
    List<String> values = new ArrayList<>();
    List<String> parameters = new ArrayList<>();
    for (Table.Column column : table.columns().values()) {
      if (column.generated()) {
        continue;
      }
      columns.add(Database.quote(column.name()));
      int field = binding.columns().indexOf(column.name());
      if (column.name().equals(binding.deletedFlag())) {
        values.add(clear());
      } else if (field >= 0 && row.value(field) != Unchanged.UNCHANGED) {
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
            + (over || binding.deletes() != Deletes.HARD
                ? " ON CONFLICT ("
                    + list(keyFields, this::column)
                    + ") DO UPDATE SET "
                    + columns.stream()
                        .map(column -> column + " = EXCLUDED." + column)
                        .collect(Collectors.joining(", "))
                : " ON CONFLICT DO NOTHING");
    for (int part = 0; part < from.size(); part++) {
      parameters.add(single(keyFields[part], from.part(part)));
    }
    transaction.add(new Write(text, parameters));
    // Where there was no old row to copy, or this was delivered before.
    if (whole(row)) {
      upsert(transaction, List.of(row));
    } else {
      update(transaction, Map.of(to, row));
    }
  }

  private String single(int field, @Nullable Object value) {
    ArrayLiteral literal = new ArrayLiteral(kept(field).type());
    literal.add(value);
    return literal.toString();
  }
}
