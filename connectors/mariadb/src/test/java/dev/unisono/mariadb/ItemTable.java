package dev.unisono.mariadb;

import static dev.unisono.testkit.contract.Bindings.field;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ValueType;
import dev.unisono.testkit.contract.Bindings;
import dev.unisono.testkit.contract.Replica;
import java.sql.SQLException;
import java.util.List;

/** The table that most tests read, and how a test looks at it. Has no state. */
final class ItemTable {
  static final Binding BINDING =
      Bindings.of(
          "item",
          List.of("id"),
          field("id", ValueType.LONG),
          field("name", ValueType.STRING),
          field("price", ValueType.DECIMAL));

  private static final String CREATE =
      "CREATE TABLE item (id bigint PRIMARY KEY, name varchar(100), price decimal(12,3))"
          + " ENGINE = InnoDB";

  private ItemTable() {}

  /** Makes it with rows whose ids count from 1. */
  static void create(TestDatabase database, int rows) throws SQLException {
    database.execute(CREATE);
    if (rows > 0) {
      database.execute(
          "INSERT INTO item SELECT seq, concat('item ', seq), seq / 4 FROM seq_1_to_" + rows);
    }
  }

  /** Its rows as {@link Replica#texts} shows them. */
  static List<String> texts(TestDatabase database) throws SQLException {
    List<String> rows =
        database.rows(
            "SELECT concat_ws('|', id, coalesce(name, '~'), coalesce(price, '~')) FROM item");
    return rows.stream().sorted().toList();
  }
}
