package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * How a transaction that writes to a member says whose it is and which, so that the member's log
 * shows it with what was written. Safe for threads.
 */
public interface WriteMarker {
  /** Makes what marking needs, where it is not there; outside of any transaction. */
  void prepare(Connection connection) throws SQLException;

  /**
   * Marks what comes next in the open transaction, before anything of it is written; called again
   * within it, what comes after that.
   */
  void put(Connection connection, long number) throws SQLException;

  /**
   * Says that nothing more is written in the open transaction, where its log does not show that by
   * itself.
   *
   * @param last the highest number that was put
   */
  default void end(Connection connection, long last) throws SQLException {}
}
