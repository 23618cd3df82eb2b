package dev.unisono.mariadb;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** The files that a server's binlog consists of. Has no state. */
final class LogFiles {
  /** One of them. Immutable. */
  record LogFile(String name, long bytes) {}

  private LogFiles() {}

  /** From the oldest to the newest. */
  static List<LogFile> of(Connection connection) throws SQLException {
    List<LogFile> files = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW BINARY LOGS")) {
      while (row.next()) {
        files.add(new LogFile(row.getString(1), row.getLong(2)));
      }
    }
    return files;
  }
}
