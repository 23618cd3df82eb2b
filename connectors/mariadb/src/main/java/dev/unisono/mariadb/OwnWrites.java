package dev.unisono.mariadb;

import dev.unisono.jdbc.WriteMarker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.IdentityHashMap;
import java.util.List;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * How a transaction of our own is known in the binlog: before anything else it changes the row of
 * this installation in a table of ours. It may be marked by one thread while another reads.
 */
final class OwnWrites implements WriteMarker {
  static final String TABLE = "unisono_write";

  private static final int MOST_FORMS = 1_000;
  private static final String TEXT = "varchar(64) CHARACTER SET utf8mb4";

  private final Table.Name table;
  private final String installation;

  /** Whether changes of a form are of our table; for the thread that reads. */
  private final IdentityHashMap<Schema, Boolean> forms = new IdentityHashMap<>();

  /**
   * @param database in which the table is
   */
  OwnWrites(String database, String installation) {
    this.table = new Table.Name(database, TABLE);
    this.installation = installation;
  }

  Table.Name table() {
    return table;
  }

  /** The statement that makes the table, as the engine's parser has to read it. */
  String definition() {
    return new Definition(
            table,
            List.of(
                new Definition.Column("installation", "varchar(64)", "utf8mb4", false),
                new Definition.Column("number", "bigint(20)", "", false),
                new Definition.Column("turn", "bigint(20)", "", false)),
            List.of("installation"))
        .statement();
  }

  @Override
  public void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE IF NOT EXISTS "
              + table.sql()
              + " (installation "
              + TEXT
              + " NOT NULL PRIMARY KEY, number bigint NOT NULL, turn bigint NOT NULL)"
              + " ENGINE = InnoDB");
    }
  }

  /** A row that stays as it is is not in the binlog: so one column changes each time. */
  @Override
  public void put(Connection connection, long number) throws SQLException {
    try (PreparedStatement mark =
        connection.prepareStatement(
            "INSERT INTO "
                + table.sql()
                + " VALUES (?, ?, 0) ON DUPLICATE KEY UPDATE number = VALUES(number), turn = turn +"
                + " 1")) {
      mark.setString(1, installation);
      mark.setLong(2, number);
      mark.executeUpdate();
    }
  }

  /** Whether a change in the binlog is of our table. */
  boolean isMarker(Schema form, Struct change) {
    Boolean known = forms.get(form);
    if (known == null) {
      if (forms.size() >= MOST_FORMS) {
        forms.clear();
      }
      Struct source = change.getStruct("source");
      known = table.equals(new Table.Name(source.getString("db"), source.getString("table")));
      forms.put(form, known);
    }
    return known;
  }

  /** The number that a row of our table shows; 0 where it is another installation's, or gone. */
  long number(@Nullable Struct row) {
    return row != null && installation.equals(row.getString("installation"))
        ? row.getInt64("number")
        : 0;
  }
}
