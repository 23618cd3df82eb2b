package dev.unisono.systemtests;

import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;

/** SQLite databases in one folder, each by its name. Immutable; safe for threads. */
record SqliteFiles(Path folder) {
  private static final Duration START_LIMIT = Duration.ofMinutes(1);

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

  /**
   * Starts a server beside them, and waits until it is ready.
   *
   * @param config what follows {@code server} and {@code state} in its config
   */
  ServerProcess serve(int port, String config, String... jvmOptions)
      throws IOException, InterruptedException {
    Path file =
        Files.writeString(
            folder.resolve("unisono.yaml"),
            """
            server: { port: %d }
            state: { folder: "%s" }
            %s\
            """
                .formatted(port, folder.resolve("state"), config));
    ServerProcess server =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            file,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of(jvmOptions));
    server.awaitReady(START_LIMIT, () -> false);
    return server;
  }
}
