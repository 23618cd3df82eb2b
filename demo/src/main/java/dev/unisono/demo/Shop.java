package dev.unisono.demo;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** The database shop: a SQLite file in the demo's folder. Safe for threads. */
record Shop(Path file) {
  CustomerTable customers() {
    return new CustomerTable(
        "shop", "sqlite", file.toUri().toString(), "buyers", "buyer_id", "phone", this::connect);
  }

  Connection connect() throws SQLException {
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
    try (Statement statement = connection.createStatement()) {
      // Unisono writes there, too; SQLite has one writer at a time.
      statement.execute("PRAGMA busy_timeout = 10000");
    }
    return connection;
  }

  String shell() {
    return "sqlite3 -cmd '.timeout 10000' " + file;
  }

  /** Makes the file and its empty table where they are not there yet. */
  void prepare() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      // Kept in the file: readers and the writer do not wait for each other.
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS buyers (
            buyer_id INTEGER PRIMARY KEY, name TEXT, email TEXT, country TEXT, phone TEXT)
          """);
    }
  }
}
