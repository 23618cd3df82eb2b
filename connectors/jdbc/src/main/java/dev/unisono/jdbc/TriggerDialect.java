package dev.unisono.jdbc;

import dev.unisono.spi.ValueType;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of database writes changes of its rows down in a log of ours, by triggers, and how
 * that is read. Has no state; safe for threads.
 */
interface TriggerDialect {
  /**
   * The statement that writes an entry of our own, with its kind and a number: as the triggers'
   * entries it names its transaction, where they do.
   */
  default String ownEntry() {
    return "INSERT INTO " + TriggerLog.LOG + " (kind, number) VALUES (?, ?)";
  }

  /** Whether the tables of the log are there. */
  boolean there(Connection connection) throws SQLException;

  /**
   * The statements that make the tables of the log, or give them room for wider rows; empty where
   * all is there.
   *
   * @param keyWidth the most columns that a key has
   * @param width the most columns that are written down of a table
   */
  List<String> make(Connection connection, int keyWidth, int width) throws SQLException;

  /** The statements that make the triggers of a shape. */
  List<String> install(Connection connection, Shape shape, Table table) throws SQLException;

  /** The triggers there are: by a shape's number the statements that remove them. */
  Map<Long, List<String>> installed(Connection connection, @Nullable Table table)
      throws SQLException;

  /** How many triggers {@link #install} makes for a shape. */
  int triggers(Connection connection, Shape shape, Table table) throws SQLException;

  /** The statements that remove the tables of the log. */
  List<String> unmake();

  /** The highest place that was ever given out. */
  long highest(Connection connection) throws SQLException;

  /**
   * A value as the log has it.
   *
   * @throws IllegalArgumentException with what was found, where that is no value of the type
   */
  Object decode(ValueType type, Object kept);

  /** Reads the log by a connection that is kept open. */
  LogReading reading(Connection connection, Map<Long, Shape> shapes) throws SQLException;

  /** Whether statements that define something can be undone with their transaction. */
  boolean definesInTransactions();

  /** How often the log is pruned at most, in milliseconds. */
  long pruneMillis();

  /** A query for the time by which its entries are timed; null where that is the writers' own. */
  default @Nullable String clockQuery() {
    return null;
  }

  /** What is in the way of making triggers here; null where nothing is. */
  @Nullable String hindrance(Connection connection) throws SQLException;
}
