package dev.unisono.jdbc;

import java.sql.SQLException;
import java.util.List;

/**
 * Reads the log as it is at one moment, page by page, in transactions in which tables can be read
 * as they were at that moment, too. For one thread.
 */
interface LogReading {
  /** Whether anything was committed by others since it was last asked; true where unknown. */
  boolean changed() throws SQLException;

  /** Begins to look at the present moment, or goes on with the one before, if it has more. */
  void begin() throws SQLException;

  /** The entries that follow; the limits are met where {@link #shownAll} is not true after it. */
  List<LogEntry> next(HandedOver handed, LogState.Open open, int most, long mostBytes)
      throws SQLException;

  /** Whether with this page all transactions that it has to do with are whole. */
  boolean whole();

  /** Whether the transaction at hand shows tables as they are after all that was read. */
  boolean shownAll();

  /** Lets go of the moment, unless it has more and keeping it hinders nobody. */
  void end() throws SQLException;
}
