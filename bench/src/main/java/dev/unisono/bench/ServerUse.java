package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The processor time that a PostgreSQL server has taken: its first process, those it has now and
 * those that have ended. Has no state.
 */
final class ServerUse {
  /** Linux counts in hundredths of a second, whatever its own clock (USER_HZ). */
  private static final long TICK_NANOS = 10_000_000;

  private ServerUse() {}

  static Duration of(PostgresServer server) {
    long first =
        server.processId().orElseThrow(() -> new BenchFailure("the server is not running"));
    // Its own, and that of the children it has seen end.
    long ticks = ticks(first, 13, 17);
    for (ProcessHandle child : ProcessHandle.of(first).orElseThrow().children().toList()) {
      ticks += ticks(child.pid(), 13, 15);
    }
    return Duration.ofNanos(ticks * TICK_NANOS);
  }

  /** Adds fields of {@code /proc/PID/stat} (proc(5)), counted from 0; 0 where it has ended. */
  private static long ticks(long processId, int from, int to) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(processId), "stat"));
      // The name stands in brackets and may have blanks; fields are counted behind it.
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long sum = 0;
      for (int i = from; i < to; i++) {
        sum += Long.parseLong(fields[i - 2]);
      }
      return sum;
    } catch (IOException ended) {
      return 0;
    }
  }
}
