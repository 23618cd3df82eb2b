package dev.unisono.engine.merge;

import dev.unisono.engine.merge.HeldRecords.Held;
import dev.unisono.spi.Row;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Keeps up what a record is found by when it has changed, and the pairs it is one of; those that
 * were held back by it alone are told. For the writer's thread.
 */
final class IdentityUpkeep {
  private final HeldRecords records;
  private final MatchReviews reviews;
  private final MemberTelling telling;

  IdentityUpkeep(HeldRecords records, MatchReviews reviews, MemberTelling telling) {
    this.records = records;
    this.reviews = reviews;
    this.telling = telling;
  }

  /**
   * A record of which each member has a key of its own has changed, or its rows have.
   *
   * @param before its values before
   */
  void changed(Connection connection, Held one, Row before) throws SQLException {
    one.of.links().index.moved(connection, MatchReviews.number(one), before, one.record.image());
    tell(connection, reviews.look(connection, one));
  }

  /** Tells of records that may have been held back. */
  void tell(Connection connection, List<Held> freed) throws SQLException {
    for (Held each : freed) {
      records.mark(each);
      telling.tell(connection, each);
    }
  }
}
