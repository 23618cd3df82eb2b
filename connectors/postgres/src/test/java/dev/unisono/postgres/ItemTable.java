package dev.unisono.postgres;

import static dev.unisono.testkit.contract.Bindings.field;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The table {@code item}, whose longer notes PostgreSQL keeps outside of the row. */
final class ItemTable {
  static final Binding BINDING =
      Bindings.of(
          "public.item",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("amount", ValueType.DECIMAL),
          field("note", ValueType.STRING));

  private static final String TEXTS =
      "SELECT concat_ws('|', id, coalesce(name, '~'), coalesce(amount::text, '~'),"
          + " coalesce(note, '~')) FROM item";

  private static final int SHOWN_ROWS = 5;
  private static final int SHOWN_CHARACTERS = 100;

  private ItemTable() {}

  /** Four of five rows have a note, three of them one outside of the row. */
  static void create(TestDatabase database, int rows) throws SQLException {
    database.execute(
        "CREATE TABLE item (id bigint PRIMARY KEY, name text, amount numeric(12, 3), note text)",
        "ALTER TABLE item ALTER COLUMN note SET STORAGE EXTERNAL",
        "INSERT INTO item SELECT n, 'name ' || n, n * 0.125, repeat('x', (n % 5) * 700) FROM"
            + " generate_series(1, "
            + rows
            + ") n");
  }

  /** Fails where the replica differs, and shows a few of the rows that do. */
  static void assertEqualTo(Replica replica, TestDatabase database) throws SQLException {
    List<String> table = database.rows(TEXTS);
    List<String> copy = replica.texts();
    assertEquals(differing(table, copy), differing(copy, table));
    assertEquals(table.size(), copy.size());
  }

  private static List<String> differing(List<String> rows, List<String> others) {
    TreeSet<String> only = new TreeSet<>(rows);
    others.forEach(only::remove);
    List<String> shown = new ArrayList<>();
    shown.add(only.size() + " rows differ");
    only.stream()
        .limit(SHOWN_ROWS)
        .map(row -> row.substring(0, Math.min(row.length(), SHOWN_CHARACTERS)))
        .forEach(shown::add);
    return only.isEmpty() ? List.of() : shown;
  }
}
