package dev.unisono.jdbc;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The statements of one session that were prepared last, to be run again. For one thread. */
final class Statements implements AutoCloseable {
  private static final int MOST = 64;

  private final Connection connection;
  private final LinkedHashMap<String, PreparedStatement> prepared =
      new LinkedHashMap<>(MOST, 0.75f, true);

  Statements(Connection connection) {
    this.connection = connection;
  }

  PreparedStatement of(String text) throws SQLException {
    PreparedStatement kept = prepared.get(text);
    if (kept != null) {
      return kept;
    }
    if (prepared.size() >= MOST) {
      Map.Entry<String, PreparedStatement> eldest = prepared.firstEntry();
      prepared.remove(eldest.getKey());
      eldest.getValue().close();
    }
    PreparedStatement made = connection.prepareStatement(text);
    prepared.put(text, made);
    return made;
  }

  @Override
  public void close() {
    for (PreparedStatement statement : prepared.values()) {
      try {
        statement.close();
      } catch (SQLException gone) {
        // Closed with its session.
      }
    }
    prepared.clear();
  }
}
