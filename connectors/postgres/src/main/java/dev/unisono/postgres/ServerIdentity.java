package dev.unisono.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.postgresql.replication.LogSequenceNumber;

/**
 * Which server a database is on: positions of one log mean nothing in another. Immutable.
 *
 * @param system the cluster's own identifier, which its copies keep
 * @param timeline raised where a copy takes over, or the log is cut by a restore
 */
record ServerIdentity(String system, long timeline) {
  private static final int HEXADECIMAL = 16;

  /**
   * What the server is now.
   *
   * @param end the end of its log
   */
  record Present(ServerIdentity identity, long end) {}

  /**
   * Asks the server.
   *
   * @throws SQLException read-only where it is a standby, whose log is another server's
   */
  static Present of(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery()")) {
      row.next();
      if (row.getBoolean(1)) {
        throw new SQLException("the server is a standby", Failures.READ_ONLY);
      }
    }
    // The name of a log file tells the timeline at once; the control file only after a checkpoint.
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT system_identifier::text, left(pg_walfile_name(pg_current_wal_lsn()), 8),"
                    + " pg_current_wal_lsn()::text FROM pg_control_system()")) {
      row.next();
      return new Present(
          new ServerIdentity(row.getString(1), Long.parseLong(row.getString(2), HEXADECIMAL)),
          LogSequenceNumber.valueOf(row.getString(3)).asLong());
    }
  }

  String text() {
    return system + " " + timeline;
  }

  static ServerIdentity parse(String text) {
    String[] parts = text.split(" ", -1);
    return new ServerIdentity(parts[0], Long.parseLong(parts[1]));
  }

  /**
   * Where an earlier timeline was left, by the history that the server keeps of each: lines of the
   * timeline, the position and a reason.
   *
   * @return the end of that timeline's log that still counts; 0 where the history does not tell
   */
  static long leftAt(long timeline, String history) {
    for (String line : history.lines().toList()) {
      String[] words = line.strip().toLowerCase(Locale.ROOT).split("\\s+", 3);
      if (words.length >= 2 && words[0].equals(Long.toString(timeline))) {
        return LogSequenceNumber.valueOf(words[1].toUpperCase(Locale.ROOT)).asLong();
      }
    }
    return 0;
  }
}
