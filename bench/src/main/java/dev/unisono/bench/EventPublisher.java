package dev.unisono.bench;

import java.io.IOException;
import java.sql.SQLException;

/** Where the events of the fan-out come from. For one thread. */
interface EventPublisher extends AutoCloseable {
  /** Sends events; returns once the receiver has them. */
  void publish(int first, int last) throws IOException, SQLException;

  @Override
  void close() throws IOException, SQLException;
}
