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

  /** Marks the open transaction, before anything else of it is written. */
  void put(Connection connection, long number) throws SQLException;
}
