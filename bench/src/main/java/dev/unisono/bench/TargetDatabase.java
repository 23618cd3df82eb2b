package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/**
 * The server that is written to, which notes when each row's transaction was committed; a new
 * database on it for each run. For one thread.
 */
final class TargetDatabase implements AutoCloseable {
  private final PostgresServer server;
  private int made;

  private TargetDatabase(PostgresServer server) {
    this.server = server;
  }

  static TargetDatabase start() {
    Map<String, String> settings = new HashMap<>(SourceDatabase.SETTINGS);
    settings.put("track_commit_timestamp", "on");
    return new TargetDatabase(PostgresServer.withSocket(settings));
  }

  PostgresServer server() {
    return server;
  }

  /** Makes an empty database and names it. */
  String create() throws SQLException {
    String name = "run_" + ++made;
    server.createDatabase(name);
    return name;
  }

  /** When the last of the rows there are was committed, in microseconds since 1970. */
  static long lastCommitMicros(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT (extract(epoch FROM max(pg_xact_commit_timestamp(xmin))) * 1000000)::bigint"
                    + " FROM public.item")) {
      row.next();
      return row.getLong(1);
    }
  }

  void drop(String database) throws SQLException {
    try (Connection connection = server.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + database + " WITH (FORCE)");
      statement.execute("CHECKPOINT");
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
