package dev.unisono.engine.state;

import java.sql.Connection;
import java.sql.SQLException;

/** What else has to be done by the only thread that writes, in a transaction of its own. */
public interface Upkeep {
  /** May be called again from its beginning, where what it did could not be committed. */
  void run(Connection connection) throws SQLException;

  /** Called once when what it did is committed; must not block. */
  default void durable() {}
}
