package dev.unisono.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * How a transaction that writes to members says whose it is: by a message in the log, before
 * anything else of it. Has no state; safe for threads.
 */
final class WriteMarker {
  static final String PREFIX = "unisono-write";

  private WriteMarker() {}

  /** Marks the transaction at hand. */
  static void put(Connection connection, String installation, long number) throws SQLException {
    try (PreparedStatement emit =
        connection.prepareStatement("SELECT pg_logical_emit_message(true, ?, ?::text)")) {
      emit.setString(1, PREFIX);
      emit.setString(2, installation + " " + number);
      emit.execute();
    }
  }

  /** The number of a marker; 0 where it is another installation's. */
  static long number(String content, String installation) {
    int space = content.lastIndexOf(' ');
    return space >= 0 && content.substring(0, space).equals(installation)
        ? Long.parseLong(content.substring(space + 1))
        : 0;
  }
}
