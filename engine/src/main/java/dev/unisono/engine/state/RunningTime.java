package dev.unisono.engine.state;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The time by which the journal's age is counted: it goes on from the newest block while the server
 * runs, and stands still while it does not. No clock of the wall is in it, which may be set to any
 * other time, and nothing grows old while nobody can read it. Safe for threads.
 */
final class RunningTime {
  private final LongSupplier nanos;
  private final long beganNanos;
  private final long beganMillis;

  private RunningTime(LongSupplier nanos, long beganMillis) {
    this.nanos = nanos;
    this.beganNanos = nanos.getAsLong();
    this.beganMillis = beganMillis;
  }

  static RunningTime goOn(Connection state, LongSupplier nanos) throws SQLException {
    try (Statement statement = state.createStatement();
        ResultSet row = statement.executeQuery("SELECT coalesce(max(committed), 0) FROM journal")) {
      row.next();
      return new RunningTime(nanos, row.getLong(1));
    }
  }

  long millis() {
    return beganMillis + TimeUnit.NANOSECONDS.toMillis(nanos.getAsLong() - beganNanos);
  }
}
