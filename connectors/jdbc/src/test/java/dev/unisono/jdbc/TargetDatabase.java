package dev.unisono.jdbc;

import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/**
 * A database for one test, and the system over it. Its own session takes names in double quotes,
 * and is in UTC. For one thread.
 */
public interface TargetDatabase extends AutoCloseable {
  /** Runs statements, each in a transaction of its own. */
  void execute(String... statements) throws SQLException;

  /** Rows with their values as text, joined; null as ~. */
  List<String> rows(String query) throws SQLException;

  /** The system with settings beside the usual ones. */
  ConnectedSystem system(
      Map<String, Object> more, List<Binding> reads, List<Binding> writes, String installation);

  default ConnectedSystem writing(Binding... bindings) {
    return system(Map.of(), List.of(), List.of(bindings), "one");
  }

  /** True where it lets one session write at a time. */
  default boolean hasOneWriter() {
    return false;
  }

  @Override
  void close();
}
