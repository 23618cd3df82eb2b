package dev.unisono.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/** What sends the events of the fan-out to its subscribers; one process or more. For one thread. */
interface FanoutServer extends AutoCloseable {
  /** Returns once subscribers can come. */
  void awaitReady(Duration atMost) throws InterruptedException;

  /** What the client is told: where subscribers connect and events go in. */
  Map<String, String> parameters(String transport);

  List<Long> processIds();

  /** What is kept in memory, garbage not counted. */
  long memoryBytes() throws InterruptedException;

  @Override
  void close();
}
