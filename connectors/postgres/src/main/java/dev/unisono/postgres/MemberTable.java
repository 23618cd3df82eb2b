package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Key;
import dev.unisono.spi.MemberWrite;
import dev.unisono.spi.Row;
import dev.unisono.spi.Schema;
import dev.unisono.spi.Unchanged;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The statements by which one table of a member is written, each for one row that must still be as
 * it was shown. Immutable.
 */
final class MemberTable {
  private final Binding binding;
  private final Schema schema;
  private final Table table;

  MemberTable(Binding binding, Table table) {
    this.binding = binding;
    this.schema = binding.schema();
    this.table = table;
  }

  /** A statement and what it is given. Immutable. */
  record Statement(String text, List<String> parameters) {}

  Statement statement(MemberWrite write) {
    Row values = write.values();
    Row expected = write.expected();
    if (expected == null) {
      return write.key() == null
          ? insertWithoutKey(write, Objects.requireNonNull(values))
          : insert(Objects.requireNonNull(values));
    }
    Key key = write.knownKey();
    return values == null ? delete(key, expected) : update(key, values, expected);
  }

  /** Where a row with the key is there, it is left. */
  private Statement insert(Row values) {
    Given given = given(values);
    List<String> key = new ArrayList<>();
    for (int part = 0; part < schema.keySize(); part++) {
      key.add(Database.quote(keyColumn(part).name()));
    }
    return new Statement(
        "INSERT INTO "
            + table.sqlName()
            + " ("
            + String.join(", ", given.columns())
            + ") OVERRIDING SYSTEM VALUE VALUES ("
            + String.join(", ", given.places())
            + ") ON CONFLICT ("
            + String.join(", ", key)
            + ") DO NOTHING",
        given.parameters());
  }

  /**
   * The table gives the key; where a row is there that is taken for the same record, it is left.
   */
  private Statement insertWithoutKey(MemberWrite write, Row values) {
    Given given = given(values);
    List<String> parameters = new ArrayList<>(given.parameters());
    StringBuilder text = new StringBuilder("INSERT INTO ").append(table.sqlName());
    text.append(" (").append(String.join(", ", given.columns())).append(") SELECT ");
    text.append(String.join(", ", given.places()));
    String word = " WHERE ";
    for (int[] group : write.unlike()) {
      List<String> conditions = new ArrayList<>();
      List<String> asked = new ArrayList<>();
      for (int field : group) {
        Table.Column column = column(field);
        Object value = values.value(field);
        if (column != null && value != null && value != Unchanged.UNCHANGED) {
          conditions.add(same(column));
          asked.add(text(column, value));
        }
      }
      if (conditions.size() == group.length) {
        text.append(word).append("NOT EXISTS (SELECT FROM ").append(table.sqlName());
        text.append(" WHERE ").append(String.join(" AND ", conditions)).append(')');
        parameters.addAll(asked);
        word = " AND ";
      }
    }
    return new Statement(text.toString(), parameters);
  }

  /** What an insert names and gives. */
  private record Given(List<String> columns, List<String> places, List<String> parameters) {}

  private Given given(Row values) {
    Given given = new Given(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int field = 0; field < schema.size(); field++) {
      Table.Column column = column(field);
      if (column != null && values.value(field) != Unchanged.UNCHANGED) {
        given.columns().add(Database.quote(column.name()));
        given.places().add(place(column));
        given.parameters().add(text(column, values.value(field)));
      }
    }
    return given;
  }

  private Statement update(Key key, Row values, Row expected) {
    List<String> sets = new ArrayList<>();
    List<String> parameters = new ArrayList<>();
    List<String> conditions = new ArrayList<>();
    List<String> asked = new ArrayList<>();
    for (int field = 0; field < schema.size(); field++) {
      Table.Column column = column(field);
      if (column != null && values.value(field) != Unchanged.UNCHANGED) {
        sets.add(Database.quote(column.name()) + " = " + place(column));
        parameters.add(text(column, values.value(field)));
        conditions.add(same(column));
        asked.add(text(column, expected.value(field)));
      }
    }
    whereKey(key, conditions, asked);
    parameters.addAll(asked);
    return new Statement(
        "UPDATE "
            + table.sqlName()
            + " SET "
            + String.join(", ", sets)
            + " WHERE "
            + String.join(" AND ", conditions),
        parameters);
  }

  private Statement delete(Key key, Row expected) {
    List<String> conditions = new ArrayList<>();
    List<String> parameters = new ArrayList<>();
    for (int field = 0; field < schema.size(); field++) {
      Table.Column column = column(field);
      if (column != null && !schema.isKey(field) && expected.value(field) != Unchanged.UNCHANGED) {
        conditions.add(same(column));
        parameters.add(text(column, expected.value(field)));
      }
    }
    whereKey(key, conditions, parameters);
    return new Statement(
        "DELETE FROM " + table.sqlName() + " WHERE " + String.join(" AND ", conditions),
        parameters);
  }

  private void whereKey(Key key, List<String> conditions, List<String> parameters) {
    for (int part = 0; part < key.size(); part++) {
      Table.Column column = keyColumn(part);
      conditions.add(Database.quote(column.name()) + " = " + place(column));
      parameters.add(text(column, key.part(part)));
    }
  }

  private Table.@Nullable Column column(int field) {
    String name = binding.column(field);
    return name == null ? null : table.column(name);
  }

  private Table.Column keyColumn(int part) {
    return Objects.requireNonNull(column(schema.keyPosition(part)), "a key that has a column");
  }

  /** A parameter for one value, which is an array of one: so every value of every type is kept. */
  private static String place(Table.Column column) {
    return column.type().ofElement("(" + column.type().arrayParameter() + ")[1]");
  }

  /** In the same words: to PostgreSQL some types have no equality, or more than one spelling. */
  private static String same(Table.Column column) {
    return Database.quote(column.name())
        + "::text IS NOT DISTINCT FROM ("
        + place(column)
        + ")::text";
  }

  private static String text(Table.Column column, @Nullable Object value) {
    ArrayLiteral literal = new ArrayLiteral(column.type());
    literal.add(value);
    return literal.toString();
  }
}
