package dev.unisono.spi;

import java.util.List;

/**
 * Looks at what a system holds before anything is set up: what it is, which tables there are, and
 * some rows of each. Changes nothing there, and asks for no more at once than it is told to:
 * whoever calls it waits between two calls, so that the system has time for others. For one thread.
 */
public interface Survey extends AutoCloseable {
  /**
   * What is at the other end, and how it is reached.
   *
   * @throws UnisonoException where it cannot be asked
   */
  SurveyedServer server();

  /**
   * Asks for next to nothing, so that it can be measured how long an answer takes.
   *
   * @throws UnisonoException where it cannot be asked
   */
  void ping();

  /**
   * The tables that can be seen, as a config names them; views and what is the system's own, or
   * ours, is not among them.
   *
   * @throws UnisonoException where it cannot be asked
   */
  List<String> tables();

  /**
   * How a table is defined.
   *
   * @throws UnisonoException no-such-table; where it cannot be asked
   */
  SurveyedTable table(String name);

  /**
   * Some rows of a table, in no order, from many places of it where that is cheap; a value that is
   * none of its field's type is {@link Unfit}. Each call of the reader asks for no more rows than
   * it is to give.
   *
   * @param binding the fields to read; its key may be any of them
   * @param table as {@link #table} has described it
   * @param rows so many at most
   * @throws UnisonoException where it cannot be asked
   */
  RowReader sample(Binding binding, SurveyedTable table, int rows);

  @Override
  void close();
}
