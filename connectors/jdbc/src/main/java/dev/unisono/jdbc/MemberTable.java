package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import dev.unisono.spi.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The statements by which one table of a member is written, each for one row that must still be as
 * it was shown. Immutable.
 */
final class MemberTable {
  private final Dialect dialect;
  private final Binding binding;
  private final Schema schema;
  private final Table table;

  MemberTable(Dialect dialect, Binding binding, Table table) {
    this.dialect = dialect;
    this.binding = binding;
    this.schema = binding.schema();
    this.table = table;
  }

  /** What one parameter is given. Immutable. */
  record Parameter(Table.Column column, ValueType type, @Nullable Object value) {}

  /** A statement and what it is given. Immutable. */
  record Statement(String text, List<Parameter> parameters) {}

  Statement statement(MemberWrite write) {
    Row values = write.values();
    Row expected = write.expected();
    if (expected == null) {
      Key key = write.key();
      return key == null
          ? insertWithoutKey(Objects.requireNonNull(values), write.unlike())
          : insert(key, Objects.requireNonNull(values));
    }
    Key key = write.knownKey();
    return values == null ? delete(key, expected) : update(key, values, expected);
  }

  /** Where a row with the key is there, it is left. */
  private Statement insert(Key key, Row values) {
    List<Parameter> parameters = new ArrayList<>();
    List<String> columns = given(values, parameters);
    addKey(key, parameters);
    return new Statement(dialect.insertAbsent(table.sqlName(), columns, keyColumns()), parameters);
  }

  /**
   * The table gives the key; where a row is there that is taken for the same record, it is left.
   */
  private Statement insertWithoutKey(Row values, List<int[]> unlike) {
    List<Parameter> parameters = new ArrayList<>();
    List<String> columns = given(values, parameters);
    List<String> conditions = new ArrayList<>();
    for (int[] group : unlike) {
      if (Arrays.stream(group)
          .allMatch(field -> writes(values, field) && values.value(field) != null)) {
        List<String> same = new ArrayList<>();
        for (int field : group) {
          same.add(dialect.same(column(field)));
          parameters.add(parameter(field, values.value(field)));
        }
        conditions.add(String.join(" AND ", same));
      }
    }
    return new Statement(dialect.insertUnlike(table.sqlName(), columns, conditions), parameters);
  }

  private List<String> given(Row values, List<Parameter> parameters) {
    List<String> columns = new ArrayList<>();
    for (int field = 0; field < schema.size(); field++) {
      if (writes(values, field)) {
        columns.add(dialect.quote(column(field).name()));
        parameters.add(parameter(field, values.value(field)));
      }
    }
    return columns;
  }

  private Statement update(Key key, Row values, Row expected) {
    List<String> sets = new ArrayList<>();
    List<Parameter> parameters = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    List<Parameter> asked = new ArrayList<>();
    for (int field = 0; field < schema.size(); field++) {
      if (writes(values, field)) {
        sets.add(dialect.quote(column(field).name()) + " = ?");
        parameters.add(parameter(field, values.value(field)));
        conditions.add(dialect.same(column(field)));
        asked.add(parameter(field, expected.value(field)));
      }
    }
    parameters.addAll(asked);
    addKey(key, parameters);
    return new Statement(
        "UPDATE " + table.sqlName() + " SET " + String.join(", ", sets) + where(conditions),
        parameters);
  }

  private Statement delete(Key key, Row expected) {
    List<String> conditions = new ArrayList<>();
    List<Parameter> parameters = new ArrayList<>();
    for (int field = 0; field < schema.size(); field++) {
      if (!schema.isKey(field) && writes(expected, field)) {
        conditions.add(dialect.same(column(field)));
        parameters.add(parameter(field, expected.value(field)));
      }
    }
    addKey(key, parameters);
    return new Statement("DELETE FROM " + table.sqlName() + where(conditions), parameters);
  }

  private String where(List<String> conditions) {
    return " WHERE "
        + String.join("", conditions.stream().map(condition -> condition + " AND ").toList())
        + keyColumns().stream().map(dialect::hasKey).collect(Collectors.joining(" AND "));
  }

  private void addKey(Key key, List<Parameter> parameters) {
    List<Table.Column> columns = keyColumns();
    for (int part = 0; part < columns.size(); part++) {
      for (int times = 0; times < dialect.keyParameters(columns.get(part)); times++) {
        parameters.add(parameter(schema.keyPosition(part), key.part(part)));
      }
    }
  }

  private List<Table.Column> keyColumns() {
    List<Table.Column> columns = new ArrayList<>();
    for (int part = 0; part < schema.keySize(); part++) {
      columns.add(column(schema.keyPosition(part)));
    }
    return columns;
  }

  private boolean writes(Row row, int field) {
    return binding.column(field) != null && row.value(field) != Unchanged.UNCHANGED;
  }

  private Parameter parameter(int field, @Nullable Object value) {
    return new Parameter(column(field), schema.field(field).type(), value);
  }

  private Table.Column column(int field) {
    return Objects.requireNonNull(
        table.columns().get(String.valueOf(binding.column(field))), "a column that is there");
  }
}
