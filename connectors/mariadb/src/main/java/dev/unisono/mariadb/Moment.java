package dev.unisono.mariadb;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * What a transaction sees: everything up to one place of the binlog, and nothing beyond. Immutable.
 *
 * @param place empty of a file where the server writes no binlog
 * @param readMillis when it began by the server's clock, since 1970
 */
record Moment(LogPlace place, long readMillis) {
  /** Begins such a transaction; it ends with a rollback. */
  static Moment begin(Connection connection) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      statement.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
      String file = "";
      long position = 0;
      try (ResultSet row = statement.executeQuery("SHOW STATUS LIKE 'binlog_snapshot_%'")) {
        while (row.next()) {
          if (row.getString(1).equalsIgnoreCase("binlog_snapshot_file")) {
            file = row.getString(2);
          } else if (row.getString(1).equalsIgnoreCase("binlog_snapshot_position")) {
            position = row.getLong(2);
          }
        }
      }
      try (ResultSet row =
          statement.executeQuery("SELECT CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)")) {
        row.next();
        return new Moment(new LogPlace(file, position), row.getLong(1));
      }
    }
  }

  static void end(Connection connection) throws SQLException {
    connection.rollback();
    connection.setAutoCommit(true);
  }
}
