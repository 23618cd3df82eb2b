package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.KeyPage;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Target;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One database as a target: rows by upsert, and beside them, in a table of ours, a cursor for each
 * lane. Safe for threads.
 */
public final class JdbcTarget implements Target {
  private final Database database;
  private final List<Binding> bindings;
  private final CursorTable cursors;
  private final int configuredLanes;
  private int lanes;

  /**
   * @param installation tells the cursors of one state folder from those of others
   * @param lanes connections that write in parallel
   */
  public JdbcTarget(Database database, List<Binding> bindings, String installation, int lanes) {
    this.database = database;
    this.bindings = bindings;
    this.cursors = new CursorTable(installation);
    this.configuredLanes = lanes;
  }

  /** All that is in the way of writing the bindings; changes nothing. */
  public static List<Problem> check(Database database, List<Binding> bindings) {
    return new TargetCheck(database).run(bindings);
  }

  /**
   * Cursors are by lane, so the number is kept beside them. Asked before any lane is opened, so
   * that tables have what is written to them.
   */
  @Override
  public synchronized int lanes() {
    if (lanes == 0) {
      try (Connection connection = database.connect()) {
        for (Binding binding : bindings) {
          new TargetSchema(database, binding).prepare(connection);
        }
        cursors.create(connection);
        int kept = cursors.lanes(connection);
        lanes = kept == 0 ? configuredLanes : kept;
      } catch (SQLException failed) {
        throw database.failure("preparing the tables", failed);
      }
    }
    return lanes;
  }

  @Override
  public int wantedLanes() {
    return configuredLanes;
  }

  @Override
  public synchronized void changeLanes(LaneCursor cursor) {
    inTransaction(
        "changing the number of lanes",
        connection -> {
          cursors.setLanes(connection, configuredLanes);
          for (int lane = 0; lane < configuredLanes; lane++) {
            cursors.set(connection, lane, configuredLanes, cursor);
          }
        });
    lanes = configuredLanes;
  }

  @Override
  public Lane open(int lane) {
    return new JdbcLane(database, bindings, cursors, lane, lanes());
  }

  @Override
  public void beginRepair(LaneCursor cursor) {
    int all = lanes();
    inTransaction(
        "noting the repair",
        connection -> {
          for (int lane = CursorTable.REPAIR_NOTE; lane < all; lane++) {
            cursors.set(connection, lane, all, cursor);
          }
        });
  }

  @Override
  public Optional<LaneCursor> repairing() {
    lanes(); // The table may have to be made.
    try (Connection connection = database.connect()) {
      return cursors.read(connection, CursorTable.REPAIR_NOTE);
    } catch (SQLException failed) {
      throw database.failure("reading the note of a repair", failed);
    }
  }

  @Override
  public void endRepair() {
    int all = lanes();
    inTransaction(
        "taking the note of a repair away",
        connection -> cursors.set(connection, CursorTable.REPAIR_NOTE, all, new LaneCursor(0, 0)));
  }

  /** What is done in one transaction. */
  @FunctionalInterface
  private interface Work {
    void run(Connection connection) throws SQLException;
  }

  private void inTransaction(String doing, Work work) {
    try (Connection connection = database.connect()) {
      database.dialect().begin(connection);
      work.run(connection);
      database.dialect().commit(connection);
    } catch (SQLException failed) {
      throw database.failure(doing, failed);
    }
  }

  @Override
  public KeyPage keys(Binding binding, @Nullable String after, int limit) {
    try (Connection connection = database.connect()) {
      return new TargetKeys(database, binding).read(connection, after, limit);
    } catch (SQLException failed) {
      throw database.failure("reading the keys of " + binding.table(), failed);
    }
  }

  @Override
  public void close() {
    // Lanes hold the connections, and are closed by whoever opened them.
  }
}
