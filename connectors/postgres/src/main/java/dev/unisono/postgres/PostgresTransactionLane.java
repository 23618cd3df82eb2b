package dev.unisono.postgres;

import dev.unisono.postgres.TargetWriter.Manner;
import dev.unisono.postgres.TargetWriter.Refused;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.LaneCursor;
import dev.unisono.spi.TransactionLane;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way into a database that keeps the source's transactions: one connection that holds the locks
 * of all lanes, and moves their cursors with what it commits.
 */
final class PostgresTransactionLane implements TransactionLane {
  private static final String SAVEPOINT = "unisono";

  private final Database database;
  private final LaneSession session;
  private final Connection connection;
  private final String installation;
  private final int lanes;
  private final TargetWriter writer;
  private boolean strict;

  /** Something was written since the transaction was opened, and must be kept. */
  private boolean holds;

  PostgresTransactionLane(
      Database database,
      List<Binding> bindings,
      String installation,
      int lanes,
      Duration answerTimeout) {
    this.database = database;
    this.installation = installation;
    this.lanes = lanes;
    this.session = new LaneSession(database, bindings, installation, 0, lanes, answerTimeout);
    this.connection = session.connection();
    this.writer = session.writer();
  }

  @Override
  public List<Optional<LaneCursor>> cursors() {
    try {
      List<Optional<LaneCursor>> cursors = new ArrayList<>();
      for (int lane = 0; lane < lanes; lane++) {
        cursors.add(session.cursor(lane));
      }
      connection.rollback();
      return cursors;
    } catch (SQLException failed) {
      throw database.failure("reading the cursors", failed);
    }
  }

  @Override
  public void begin(boolean nowStrict) {
    strict = nowStrict;
    holds = false;
  }

  @Override
  public DeliveryOutcome write(List<Delivery> deliveries) {
    Refused refused = attempt(deliveries, Manner.OVERLAID);
    if (refused == null) {
      return new DeliveryOutcome.Applied(deliveries.size());
    }
    if (deliveries.size() == 1) {
      return refused.outcome(0);
    }
    // Somewhere in here is one that cannot be: halves lead to it, and all before it is kept.
    int middle = deliveries.size() / 2;
    DeliveryOutcome before = write(deliveries.subList(0, middle));
    if (before.applied() < middle) {
      return before;
    }
    return write(deliveries.subList(middle, deliveries.size())).after(middle);
  }

  @Override
  public DeliveryOutcome writeAsUnit(List<Delivery> deliveries) {
    return PostgresLane.asUnit(deliveries, manner -> attempt(deliveries, manner));
  }

  /** What was written before stays, whatever comes of this. */
  private @Nullable Refused attempt(List<Delivery> deliveries, Manner manner) {
    try {
      if (holds) {
        execute("SAVEPOINT " + SAVEPOINT);
      } else if (strict) {
        execute("SET CONSTRAINTS ALL IMMEDIATE");
      }
      if (manner != Manner.OVERLAID) {
        writer.deferConstraints();
      }
      writer.write(deliveries, manner);
      if (manner != Manner.OVERLAID) {
        // What was deferred must be as it should once all of it is written.
        execute("SET CONSTRAINTS ALL IMMEDIATE");
      }
      if (holds) {
        execute("RELEASE SAVEPOINT " + SAVEPOINT);
      }
      holds = true;
      return null;
    } catch (SQLException failed) {
      Refused refused = writer.refused(failed, deliveries.getFirst());
      undoAttempt();
      return refused;
    }
  }

  private void undoAttempt() {
    try {
      if (holds) {
        execute("ROLLBACK TO SAVEPOINT " + SAVEPOINT);
        execute("RELEASE SAVEPOINT " + SAVEPOINT);
      } else {
        connection.rollback();
      }
    } catch (SQLException failed) {
      throw database.failure("undoing a write", failed);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public boolean commit(LaneCursor cursor) {
    try {
      moveCursors(cursor);
      connection.commit();
      return true;
    } catch (SQLException failed) {
      rollback();
      if (strict || RowRefusal.of(failed).isEmpty()) {
        throw database.failure("committing", failed);
      }
      return false;
    }
  }

  /** All in one statement; a lane that is beyond it stays there. */
  private void moveCursors(LaneCursor cursor) throws SQLException {
    try (PreparedStatement write =
        connection.prepareStatement(
            "INSERT INTO "
                + PostgresTarget.CURSOR_TABLE
                + " AS c SELECT ?, lane, ?, ?, ? FROM generate_series(0, ?) AS lane"
                + " ON CONFLICT (installation, lane) DO UPDATE SET lanes = EXCLUDED.lanes,"
                + " epoch = EXCLUDED.epoch, sequence = CASE WHEN c.epoch = EXCLUDED.epoch"
                + " THEN greatest(c.sequence, EXCLUDED.sequence) ELSE EXCLUDED.sequence END")) {
      write.setString(1, installation);
      write.setInt(2, lanes);
      write.setLong(3, cursor.epoch());
      write.setLong(4, cursor.sequence());
      write.setInt(5, lanes - 1);
      write.executeUpdate();
    }
  }

  @Override
  public void rollback() {
    holds = false;
    session.rollback();
  }

  @Override
  public void close() {
    session.close();
  }
}
