package dev.unisono.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A statement that writes, or several that go to the server in one exchange of messages, with the
 * parameters. Immutable.
 *
 * @param parameters as texts; the statement says of each what it is
 */
record Write(String text, List<? extends @Nullable String> parameters) {
  static final Write COMMIT = new Write("COMMIT", List.of());

  /**
   * Runs it; returns the number of rows that the first statement has written. The driver sends all
   * statements at once, and BEGIN before them where no transaction is open; where one fails, the
   * server runs none after it, a COMMIT neither.
   */
  int run(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(text)) {
      for (int i = 0; i < parameters.size(); i++) {
        statement.setString(i + 1, parameters.get(i));
      }
      return statement.executeUpdate();
    }
  }

  /** This and then another, in one exchange. */
  Write then(Write next) {
    List<@Nullable String> all = new ArrayList<>(parameters);
    all.addAll(next.parameters);
    return new Write(text + "; " + next.text, all);
  }
}
