package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The tables of ours in which triggers write changes down: the log, what its entries look like, and
 * who reads it. Has no state; safe for threads.
 */
final class TriggerLog {
  static final String LOG = "unisono_log";
  static final String SHAPE = "unisono_log_shape";
  static final String READER = "unisono_log_reader";

  /** Begins a write of our own; the number is a write's, or 0. First in its transaction. */
  static final String MARKER = "INSERT INTO " + LOG + " (kind, number) VALUES ('marker', ?)";

  /** Ends it. Last in its transaction. */
  static final String END = "INSERT INTO " + LOG + " (kind, number) VALUES ('end', ?)";

  static final String MAKE_SHAPE =
      "CREATE TABLE "
          + SHAPE
          + " (number BIGINT NOT NULL PRIMARY KEY, named VARCHAR(1000) NOT NULL, key_columns"
          + " VARCHAR(100000) NOT NULL, all_columns VARCHAR(1000000) NOT NULL)";

  static final String MAKE_READER =
      "CREATE TABLE "
          + READER
          + " (epoch VARCHAR(64) NOT NULL, reader VARCHAR(1000), turn BIGINT NOT NULL, pruned"
          + " BIGINT NOT NULL)";

  /**
   * Which log it is, and who reads it.
   *
   * @param reader the installation and its name of the system; empty where nobody has
   * @param turn how often it was claimed and pruned
   * @param pruned the highest place that was removed
   */
  record Standing(String epoch, String reader, long turn, long pruned) {}

  private TriggerLog() {}

  /** Empty where no log was made. */
  static Optional<Standing> standing(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT epoch, reader, turn, pruned FROM " + READER)) {
      if (!row.next()) {
        return Optional.empty();
      }
      String reader = row.getString(2);
      return Optional.of(
          new Standing(
              row.getString(1), reader == null ? "" : reader, row.getLong(3), row.getLong(4)));
    }
  }

  static Map<Long, Shape> shapes(Connection connection) throws SQLException {
    Map<Long, Shape> shapes = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT number, named, key_columns, all_columns FROM " + SHAPE)) {
      while (row.next()) {
        Shape shape =
            new Shape(
                row.getLong(1),
                row.getString(2),
                Shape.names(row.getString(3)),
                Shape.names(row.getString(4)));
        shapes.put(shape.number(), shape);
      }
    }
    return shapes;
  }

  /** From now on this reader reads it, and no other; gives the log's turn. */
  static long claim(Database database, Connection connection, String reader) throws SQLException {
    database.dialect().begin(connection);
    try (PreparedStatement update =
        connection.prepareStatement("UPDATE " + READER + " SET reader = ?, turn = turn + 1")) {
      update.setString(1, reader);
      update.executeUpdate();
      long turn = standing(connection).map(Standing::turn).orElse(0L);
      database.dialect().commit(connection);
      return turn;
    } catch (SQLException failed) {
      database.dialect().rollback(connection);
      throw failed;
    }
  }

  /**
   * Removes what is durable elsewhere.
   *
   * @return false where somebody else reads the log by now
   */
  static boolean prune(Database database, Connection connection, String reader, HandedOver durable)
      throws SQLException {
    database.dialect().begin(connection);
    try (PreparedStatement update =
            connection.prepareStatement(
                "UPDATE "
                    + READER
                    + " SET turn = turn + 1, pruned = CASE WHEN pruned < ? THEN ? ELSE pruned END"
                    + " WHERE reader = ?");
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM " + LOG + " WHERE place BETWEEN ? AND ?")) {
      update.setLong(1, durable.last());
      update.setLong(2, durable.last());
      update.setString(3, reader);
      boolean ours = update.executeUpdate() > 0;
      if (ours) {
        for (Map.Entry<Long, Long> run : durable.runs().entrySet()) {
          delete.setLong(1, run.getKey());
          delete.setLong(2, run.getValue());
          delete.addBatch();
        }
        delete.executeBatch();
      }
      database.dialect().commit(connection);
      return ours;
    } catch (SQLException failed) {
      database.dialect().rollback(connection);
      throw failed;
    }
  }
}
