package dev.unisono.jdbc;

import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Marks transactions of our own in the log that triggers write. The log is made with the triggers
 * by who reads it; until it is there, nothing is written. Has no state.
 */
final class TriggerMarker implements WriteMarker {
  private final Database database;
  private final TriggerDialect triggers;

  TriggerMarker(Database database, TriggerDialect triggers) {
    this.database = database;
    this.triggers = triggers;
  }

  @Override
  public void prepare(Connection connection) throws SQLException {
    if (!triggers.there(connection)) {
      throw new UnisonoException(
          new Problem(
              "triggers-missing",
              ProblemType.TRANSIENT,
              "The tables of " + database.system() + " have no triggers of ours yet.",
              "systems." + database.system(),
              "Its source makes them; its status says why where it cannot."));
    }
  }

  @Override
  public void put(Connection connection, long number) throws SQLException {
    write(connection, LogEntry.MARKER, number);
  }

  @Override
  public void end(Connection connection, long last) throws SQLException {
    write(connection, LogEntry.END, last);
  }

  private void write(Connection connection, String kind, long number) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(triggers.ownEntry())) {
      insert.setString(1, kind);
      insert.setLong(2, number);
      insert.executeUpdate();
    }
  }
}
