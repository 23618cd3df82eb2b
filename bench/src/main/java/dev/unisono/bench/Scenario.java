package dev.unisono.bench;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * One thing to be measured, with all that its contenders share: made once, then run for each
 * contender of each repeat. For one thread.
 */
interface Scenario extends AutoCloseable {
  String name();

  /** What its values are given in. */
  String unit();

  List<Ratio> ratios();

  /** What about this scenario a reader of the figures must know. */
  Map<String, String> conditions() throws SQLException;

  /** Starts what is shared. */
  void open() throws SQLException, InterruptedException;

  /** Measures a contender once, in a fresh process. */
  Run run(String contender) throws SQLException, InterruptedException;

  @Override
  void close();
}
