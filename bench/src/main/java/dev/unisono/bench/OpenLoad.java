package dev.unisono.bench;

import dev.unisono.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;

/**
 * Transactions at a fixed rate, each committed at a moment fixed in advance whatever became of
 * those before. The row is written ahead; at its moment the commit alone is sent. For one thread.
 */
final class OpenLoad {
  /** So that a slow commit does not hold up the next. */
  private static final int CONNECTIONS = 4;

  private static final long AHEAD_MICROS = 200_000;

  private final PostgresServer server;
  private final String database;
  private final InstantSource clock;

  OpenLoad(PostgresServer server, String database, InstantSource clock) {
    this.server = server;
    this.database = database;
    this.clock = clock;
  }

  /**
   * Runs to the end.
   *
   * @param transactions how many; their rows are numbered from 1
   * @param firstMeasured those before warm up
   * @return for each measured one how many milliseconds after its due moment its commit had
   *     returned
   */
  Samples run(int transactions, int firstMeasured, int perSecond)
      throws SQLException, InterruptedException {
    long startMicros = Arrivals.micros(clock.instant()) + AHEAD_MICROS;
    double[] commits = new double[transactions];
    List<Connection> connections = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS)) {
      List<Future<?>> parts = new ArrayList<>();
      for (int i = 0; i < CONNECTIONS; i++) {
        Connection connection = server.connect(database);
        connections.add(connection);
        int part = i;
        parts.add(
            threads.submit(() -> {
              commit(connection, part, startMicros, perSecond, commits);
              return null;
            }));
      }
      for (Future<?> part : parts) {
        part.get();
      }
    } catch (ExecutionException failed) {
      throw new BenchFailure("the load cannot be made", failed.getCause());
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
    double[] measured = new double[transactions - firstMeasured + 1];
    System.arraycopy(commits, firstMeasured - 1, measured, 0, measured.length);
    return Samples.of(measured);
  }

  private void commit(
      Connection connection, int part, long startMicros, int perSecond, double[] commits)
      throws SQLException {
    connection.setAutoCommit(false);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO public.item (id, name, email, country, balance, due)"
                + " VALUES (?, 'Ada Lovelace', 'ada@example.com', 'GB', 12.50, ?)")) {
      for (int i = part; i < commits.length; i += CONNECTIONS) {
        long dueMicros = startMicros + i * 1_000_000L / perSecond;
        insert.setLong(1, i + 1L);
        insert.setLong(2, dueMicros);
        insert.executeUpdate();
        await(dueMicros);
        connection.commit();
        commits[i] = (Arrivals.micros(clock.instant()) - dueMicros) / 1e3;
      }
    }
  }

  private void await(long dueMicros) {
    Instant now = clock.instant();
    while (Arrivals.micros(now) < dueMicros && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos((dueMicros - Arrivals.micros(now)) * 1_000);
      now = clock.instant();
    }
  }
}
