package dev.unisono.engine.merge;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;

/**
 * Numbers for what is written to members and for records that have no key of their own: each is
 * given once. For the writer's thread.
 */
final class MergeNumbers {
  private final MergeTable table;
  private long last;
  private long durable;

  /**
   * @param clock numbers begin above its time, so that a state that was restored from a copy uses
   *     none twice
   */
  MergeNumbers(Connection connection, MergeTable table, InstantSource clock) throws SQLException {
    this.table = table;
    this.last = Math.max(MergeTable.numbers(connection), clock.millis() * 1_000);
    this.durable = last;
  }

  long next() {
    return ++last;
  }

  /** The one that is next, as long as nobody takes it. */
  long upcoming() {
    return last + 1;
  }

  void write(Connection connection) throws SQLException {
    if (last != durable) {
      table.writeNumbers(connection, last);
    }
  }

  void committed() {
    durable = last;
  }

  void rolledBack() {
    last = durable;
  }
}
