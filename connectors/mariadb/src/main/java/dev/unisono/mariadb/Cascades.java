package dev.unisono.mariadb;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds foreign keys that change rows by themselves: the storage engine does that, and the binlog
 * does not have it. Has no state.
 */
final class Cascades {
  private Cascades() {}

  /** What to know of a binding's table; empty where there is nothing. */
  static Optional<Problem> find(Connection connection, Binding binding, Table.Name name)
      throws SQLException {
    List<String> keys = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT CONSTRAINT_NAME FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE"
                + " CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ? AND (DELETE_RULE IN ('CASCADE',"
                + " 'SET NULL', 'SET DEFAULT') OR UPDATE_RULE IN ('CASCADE', 'SET NULL',"
                + " 'SET DEFAULT')) ORDER BY 1")) {
      select.setString(1, name.database());
      select.setString(2, name.table());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          keys.add(row.getString(1));
        }
      }
    }
    return keys.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Problem(
                "cascade-not-in-log",
                ProblemType.USER,
                "Rows of "
                    + name.plain()
                    + " that are changed or deleted by a foreign key ("
                    + String.join(", ", keys)
                    + ") are not in the binlog, and so not seen.",
                binding.configPath() + ".table",
                "Let the application, or a trigger on the parent, change them before; or have the"
                    + " table compared from time to time: ./unisono snapshot repeat."));
  }
}
