package dev.unisono.jdbc;

import dev.unisono.jdbc.TargetWriter.Manner;
import dev.unisono.jdbc.TargetWriter.Refused;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Delivery;
import dev.unisono.spi.DeliveryOutcome;
import dev.unisono.spi.Lane;
import dev.unisono.spi.LaneCursor;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One lane into a database: a connection, and transactions that carry the lane's cursor. */
final class JdbcLane implements Lane {
  /** More than this are not tried one by one. */
  private static final int ONE_BY_ONE = 1_000;

  private final Database database;
  private final int lane;
  private final LaneSession session;

  JdbcLane(Database database, List<Binding> bindings, CursorTable cursors, int lane, int lanes) {
    this.database = database;
    this.lane = lane;
    this.session = new LaneSession(database, bindings, cursors, lane, lane + 1, lanes);
  }

  @Override
  public Optional<LaneCursor> cursor() {
    try {
      session.begin();
      Optional<LaneCursor> found = session.cursor(lane);
      session.rollback();
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
      session.begin();
      // First, so that who has lost the lane writes nothing, and who takes it waits for this.
      session.moveCursor(lane, cursor);
      if (manner != Manner.OVERLAID) {
        session.writer().deferConstraints();
      }
      session.writer().write(deliveries, manner);
      session.commit();
      return null;
    } catch (SQLException failed) {
      session.rollback();
      return session.writer().refused(failed, deliveries.getFirst());
    }
  }

  @Override
  public void advance(LaneCursor cursor) {
    try {
      session.begin();
      session.moveCursor(lane, cursor);
      session.commit();
    } catch (SQLException failed) {
      session.rollback();
      throw database.failure("moving the cursor", failed);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}
