package dev.unisono.postgres;

import dev.unisono.spi.Binding;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Target;
import dev.unisono.spi.TransactionLane;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One database as a target: rows by upsert, and beside them, in a table of ours in the schema
 * {@code unisono}, a cursor for each lane. Safe for threads.
 */
final class PostgresTarget implements Target {
  static final String CURSOR_TABLE = "unisono.unisono_cursor";

  /** Not a lane: where its cursor has an epoch, a repair is noted. The role may not delete rows. */
  private static final int REPAIR_NOTE = -1;

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
  private final Duration answerTimeout;
  private final boolean keepsTransactions;
  private int lanes;

  PostgresTarget(
      Database database,
      List<Binding> bindings,
      String installation,
      int lanes,
      Duration answerTimeout,
      boolean keepsTransactions) {
    this.database = database;
    this.bindings = bindings;
    this.installation = installation;
    this.configuredLanes = lanes;
    this.answerTimeout = answerTimeout;
    this.keepsTransactions = keepsTransactions;
  }

  /**
   * Cursors are by lane, so the number is kept beside them. Asked before any lane is opened, so
   * that tables have what is written to them.
   */
  @Override
  public synchronized int lanes() {
    if (lanes == 0) {
      prepareTables();
      lanes = findLanes();
    }
    return lanes;
  }

  @Override
  public int wantedLanes() {
    return configuredLanes;
  }

  /** Rows of lanes that are no longer there stay: the role may not delete any. */
  @Override
  public synchronized void changeLanes(LaneCursor cursor) {
    try (Connection connection = database.connect("connecting");
        PreparedStatement number =
            connection.prepareStatement(
                "UPDATE " + CURSOR_TABLE + " SET lanes = ? WHERE installation = ?")) {
      connection.setAutoCommit(false);
      number.setInt(1, configuredLanes);
      number.setString(2, installation);
      number.executeUpdate();
      for (int lane = 0; lane < configuredLanes; lane++) {
        LaneSession.cursorWrite(installation, lane, configuredLanes, cursor).run(connection);
      }
      connection.commit();
      lanes = configuredLanes;
    } catch (SQLException failed) {
      throw database.failure("changing the number of lanes", failed);
    }
  }

  private void prepareTables() {
    try (Connection connection = database.connect("connecting");
        Statement statement = connection.createStatement()) {
      statement.execute("SET lock_timeout = '10s'");
      for (Binding binding : bindings) {
        new TargetSchema(database, binding).prepare(connection);
      }
    } catch (SQLException failed) {
      throw database.failure("preparing the tables", failed);
    }
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
    return new PostgresLane(database, bindings, installation, lane, lanes(), answerTimeout);
  }

  @Override
  public boolean keepsTransactions() {
    return keepsTransactions;
  }

  @Override
  public TransactionLane openTransactions() {
    return new PostgresTransactionLane(database, bindings, installation, lanes(), answerTimeout);
  }

  /** In the table of cursors, where no administrator has to make another: lane -1 is the note. */
  @Override
  public void beginRepair(LaneCursor cursor) {
    try (Connection connection = database.connect("connecting")) {
      connection.setAutoCommit(false);
      for (int lane = REPAIR_NOTE; lane < lanes(); lane++) {
        LaneSession.cursorWrite(installation, lane, lanes(), cursor).run(connection);
      }
      connection.commit();
    } catch (SQLException failed) {
      throw database.failure("noting the repair", failed);
    }
  }

  @Override
  public Optional<LaneCursor> repairing() {
    lanes(); // The table may have to be made.
    try (Connection connection = database.connect("connecting")) {
      return LaneSession.cursor(connection, installation, REPAIR_NOTE)
          .filter(note -> note.epoch() != 0);
    } catch (SQLException failed) {
      throw database.failure("reading the note of a repair", failed);
    }
  }

  @Override
  public void endRepair() {
    try (Connection connection = database.connect("connecting");
        PreparedStatement delete =
            connection.prepareStatement(
                "UPDATE " + CURSOR_TABLE + " SET epoch = 0 WHERE installation = ? AND lane = ?")) {
      delete.setString(1, installation);
      delete.setInt(2, REPAIR_NOTE);
      delete.executeUpdate();
    } catch (SQLException failed) {
      throw database.failure("taking the note of a repair away", failed);
    }
  }

  @Override
  public KeyPage keys(Binding binding, @Nullable String after, int limit) {
    try (Connection connection = database.connect("connecting")) {
      return TargetKeys.read(connection, binding, after, limit);
    } catch (SQLException failed) {
      throw database.failure("reading the keys of " + binding.table(), failed);
    }
  }

  @Override
  public void close() {
    // Lanes hold the connections, and are closed by whoever opened them.
  }
}
