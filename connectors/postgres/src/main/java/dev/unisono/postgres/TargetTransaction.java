package dev.unisono.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one transaction in their order, of which the newest is held back until it is known
 * what follows: where that is the end, both go to the server in one exchange. For one thread.
 */
final class TargetTransaction {
  private final Connection connection;
  private @Nullable Write held;

  TargetTransaction(Connection connection) {
    this.connection = connection;
  }

  /** For questions whose answers do not depend on what is written. */
  Connection connection() {
    return connection;
  }

  /** The next write; a refusal of it may show with a later one. */
  void add(Write write) throws SQLException {
    runHeld();
    held = write;
  }

  /** The next write, at once; returns the number of its rows. */
  int run(Write write) throws SQLException {
    runHeld();
    return write.run(connection);
  }

  void runHeld() throws SQLException {
    Write write = held;
    held = null;
    if (write != null) {
      write.run(connection);
    }
  }

  /** The last write, and the commit. */
  void commitWith(Write last) throws SQLException {
    Write ending = last.then(Write.COMMIT);
    Write write = held;
    held = null;
    (write == null ? ending : write.then(ending)).run(connection);
  }
}
