package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The condition of a member's {@code where}, as PostgreSQL understands it. Immutable.
 *
 * @param written as the config has it
 * @param spelled as PostgreSQL spells it, which is how a publication's own is compared with it
 * @param columns the columns it asks for
 */
record RowFilter(String written, String spelled, List<String> columns) {
  /**
   * Lets PostgreSQL read a binding's condition, as one of a table of the same columns that is gone
   * with the transaction.
   *
   * @throws UnisonoException where it is no condition over the table's columns
   */
  static RowFilter read(Connection connection, Binding binding, Table table, String where)
      throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMP TABLE unisono_filter (LIKE " + table.sqlName() + ")");
      statement.execute(
          "ALTER TABLE pg_temp.unisono_filter ADD CONSTRAINT unisono_filter CHECK (" + where + ")");
      List<String> columns = new ArrayList<>();
      String spelled = "";
      try (ResultSet row =
          statement.executeQuery(
              "SELECT pg_get_expr(c.conbin, c.conrelid), a.attname FROM pg_constraint c LEFT JOIN"
                  + " pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)"
                  + " WHERE c.conrelid = 'pg_temp.unisono_filter'::regclass AND c.contype = 'c'"
                  + " ORDER BY a.attnum")) {
        while (row.next()) {
          spelled = row.getString(1);
          String column = row.getString(2);
          if (column != null) {
            columns.add(column);
          }
        }
      }
      return new RowFilter(where, spelled, List.copyOf(columns));
    } catch (SQLException failed) {
      String state = failed.getSQLState() == null ? "" : failed.getSQLState();
      boolean unreadable = state.startsWith("42") && !state.equals("42501");
      if (unreadable || state.startsWith("22") || state.startsWith("0A")) {
        throw new UnisonoException(
            new Problem(
                "bad-filter",
                ProblemType.USER,
                "The condition of "
                    + table.plainName()
                    + " cannot be used: "
                    + Failures.firstLine(failed.getMessage())
                    + ".",
                binding.configPath() + ".where",
                "Write a condition over the table's own columns, as SQL has it after WHERE."),
            failed);
      }
      throw failed;
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  /** True where the log of each change shows what it asks for. */
  boolean shownBy(Table table) {
    return table.identities().stream()
        .allMatch(identity -> identity.full() || identity.columns().containsAll(columns));
  }
}
