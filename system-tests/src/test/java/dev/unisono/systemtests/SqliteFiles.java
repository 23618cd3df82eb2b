package dev.unisono.systemtests;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** SQLite databases in one folder, each by its name. Immutable; safe for threads. */
record SqliteFiles(Path folder) {
  Connection connect(String name) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file(name) + "?busy_timeout=30000");
  }

  Path file(String name) {
    return folder.resolve(name + ".db");
  }

  void execute(String name, String... statements) throws SQLException {
    try (Connection connection = connect(name);
        Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  /** All rows in one text: a line for each, with commas between its values. */
  String rows(String name, String query) throws SQLException {
    try (Connection connection = connect(name);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      StringBuilder rows = new StringBuilder();
      while (row.next()) {
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          rows.append(i == 1 ? "" : ",").append(row.getString(i));
        }
        rows.append('\n');
      }
      return rows.toString();
    }
  }
}
