package dev.unisono.postgres;

import dev.unisono.postgres.TargetWriter.Manner;
import dev.unisono.postgres.TargetWriter.Refused;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One lane into a database: a connection, and transactions that carry the lane's cursor. */
final class PostgresLane implements Lane {
  /** More than this are not tried one by one. */
  private static final int ONE_BY_ONE = 1_000;

  private final Database database;
  private final LaneSession session;
  private final Connection connection;
  private final String installation;
  private final int lane;
  private final int lanes;
  private final TargetWriter writer;

  PostgresLane(
      Database database,
      List<Binding> bindings,
      String installation,
      int lane,
      int lanes,
      Duration answerTimeout) {
    this.database = database;
    this.installation = installation;
    this.lane = lane;
    this.lanes = lanes;
    this.session = new LaneSession(database, bindings, installation, lane, lane + 1, answerTimeout);
    this.connection = session.connection();
    this.writer = session.writer();
  }

  @Override
  public Optional<LaneCursor> cursor() {
    try {
      Optional<LaneCursor> found = session.cursor(lane);
      connection.rollback();
      return found;
    } catch (SQLException failed) {
      throw database.failure("reading the cursor", failed);
    }
  }

  @Override
  public DeliveryOutcome apply(List<Delivery> deliveries, LaneCursor cursor) {
    Refused refused = attempt(deliveries, cursor, Manner.OVERLAID);
    if (refused == null) {
      return new DeliveryOutcome.Applied(deliveries.size());
    }
    if (deliveries.size() == 1) {
      return refused.outcome(0);
    }
    // Somewhere in here is one that cannot be: halves lead to it, and all before it is kept.
    int middle = deliveries.size() / 2;
    List<Delivery> first = deliveries.subList(0, middle);
    DeliveryOutcome before =
        apply(first, new LaneCursor(cursor.epoch(), first.getLast().sequence()));
    if (before.applied() < first.size()) {
      return before;
    }
    return apply(deliveries.subList(middle, deliveries.size()), cursor).after(middle);
  }

  @Override
  public DeliveryOutcome applyAsUnit(List<Delivery> deliveries, LaneCursor cursor) {
    return asUnit(deliveries, manner -> attempt(deliveries, cursor, manner));
  }

  /** Tries the manners that may lead to a whole, one after the other. */
  static DeliveryOutcome asUnit(
      List<Delivery> deliveries, Function<Manner, @Nullable Refused> attempt) {
    Refused refused = attempt.apply(Manner.PARENTS_FIRST);
    if (refused != null && refused.refusal().taken() && deliveries.size() <= ONE_BY_ONE) {
      refused = attempt.apply(Manner.ONE_BY_ONE);
    }
    if (refused != null && refused.refusal().taken()) {
      refused = attempt.apply(Manner.REPLACED);
    }
    return refused == null ? new DeliveryOutcome.Applied(deliveries.size()) : refused.outcome(0);
  }

  /**
   * One transaction, the cursor in it (invariant 5); the refusal where the database does not take
   * what is in it.
   */
  private @Nullable Refused attempt(List<Delivery> deliveries, LaneCursor cursor, Manner manner) {
    try {
      if (manner != Manner.OVERLAID) {
        writer.deferConstraints();
      }
      writer.writeAndCommit(deliveries, manner, cursorWrite(cursor));
      return null;
    } catch (SQLException failed) {
      session.rollback();
      return writer.refused(failed, deliveries.getFirst());
    }
  }

  private Write cursorWrite(LaneCursor cursor) {
    return LaneSession.cursorWrite(installation, lane, lanes, cursor);
  }

  @Override
  public void advance(LaneCursor cursor) {
    try {
      cursorWrite(cursor).then(Write.COMMIT).run(connection);
    } catch (SQLException failed) {
      throw database.failure("moving the cursor", failed);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
