package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.Lane;
import dev.unisono.spi.Target;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * One database as a target: rows by upsert, and beside them, in a table of ours in the schema
 * {@code unisono}, a cursor for each lane. Safe for threads.
 */
final class PostgresTarget implements Target {
  static final String CURSOR_TABLE = "unisono.unisono_cursor";

  static final String CREATE_SCHEMA = "CREATE SCHEMA IF NOT EXISTS unisono";
  static final String CREATE_TABLE =
      "CREATE TABLE IF NOT EXISTS "
          + CURSOR_TABLE
          + " (installation text NOT NULL, lane int NOT NULL, lanes int NOT NULL,"
          + " epoch bigint NOT NULL, sequence bigint NOT NULL, PRIMARY KEY (installation, lane))";

  private final Database database;
  private final List<Binding> bindings;
  private final String installation;
  private final int configuredLanes;
  private int lanes;

  PostgresTarget(Database database, List<Binding> bindings, String installation, int lanes) {
    this.database = database;
    this.bindings = bindings;
    this.installation = installation;
    this.configuredLanes = lanes;
  }

  /** As first used: cursors are by lane, so the number is kept beside them. */
  @Override
  public synchronized int lanes() {
    if (lanes == 0) {
      lanes = findLanes();
    }
    return lanes;
  }

  private int findLanes() {
    try (Connection connection = database.connect("connecting");
        Statement statement = connection.createStatement()) {
      try (ResultSet row =
          statement.executeQuery("SELECT to_regclass('" + CURSOR_TABLE + "') IS NOT NULL")) {
        row.next();
        if (!row.getBoolean(1)) {
          statement.execute(CREATE_SCHEMA);
          statement.execute(CREATE_TABLE);
        }
      }
      try (ResultSet row =
          statement.executeQuery(
              "SELECT max(lanes) FROM "
                  + CURSOR_TABLE
                  + " WHERE installation = "
                  + Database.literal(installation))) {
        row.next();
        int kept = row.getInt(1);
        return kept == 0 ? configuredLanes : kept;
      }
    } catch (SQLException failed) {
      throw database.failure("preparing the table of cursors", failed);
    }
  }

  @Override
  public Lane open(int lane) {
    return new PostgresLane(database, bindings, installation, lane, lanes());
  }

  @Override
  public void close() {
    // Lanes hold the connections, and are closed by whoever opened them.
  }
}
