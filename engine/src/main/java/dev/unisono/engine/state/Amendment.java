package dev.unisono.engine.state;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Consumer;

/**
 * What somebody here, and no source, has decided of records that are merged: done by the writer, in
 * a transaction of its own, with the journal entries that come of it.
 */
public interface Amendment {
  /** Whose change it is to those who read the journal. */
  String SYSTEM = "unisono";

  /**
   * May be called again from its beginning, where what it did could not be committed.
   *
   * @param journaled takes what the journal is to say of it
   */
  void run(Connection connection, Consumer<CleanChange> journaled) throws SQLException;

  /** Called once when it is committed; must not block. */
  void durable();
}
