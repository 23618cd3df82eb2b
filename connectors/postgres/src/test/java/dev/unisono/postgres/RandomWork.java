package dev.unisono.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Sessions that change the table {@code item} at random, in transactions of which some are rolled
 * back, whole or to a savepoint. Safe for threads.
 */
final class RandomWork implements AutoCloseable {
  private static final int KEYS = 4_000;

  /** Conflicts between the sessions: the transaction is rolled back. */
  private static final List<String> EXPECTED = List.of("23505", "40P01", "40001");

  private final TestDatabase database;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final AtomicInteger transactions = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean ending;

  RandomWork(TestDatabase database, long seed, int sessions) {
    this.database = database;
    for (int i = 0; i < sessions; i++) {
      Random random = new Random(seed + i);
      threads.add(Thread.ofVirtual().start(() -> run(random)));
    }
  }

  int transactions() {
    return transactions.get();
  }

  private void run(Random random) {
    try (Connection connection = database.connect();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      while (!ending) {
        try {
          int steps = 1 + random.nextInt(5);
          for (int i = 0; i < steps; i++) {
            boolean undo = random.nextInt(8) == 0;
            if (undo) {
              statement.execute("SAVEPOINT before");
            }
            statement.execute(step(random));
            if (undo) {
              statement.execute("ROLLBACK TO before");
            }
          }
          if (random.nextInt(6) == 0) {
            connection.rollback();
          } else {
            connection.commit();
          }
        } catch (SQLException failed) {
          if (!EXPECTED.contains(failed.getSQLState())) {
            throw failed;
          }
          connection.rollback();
        }
        transactions.incrementAndGet();
      }
      connection.rollback();
    } catch (SQLException failed) {
      failure.set(failed);
    }
  }

  private static String step(Random random) {
    int id = random.nextInt(KEYS);
    int other = random.nextInt(KEYS);
    return switch (random.nextInt(6)) {
      case 0, 1 ->
          "INSERT INTO item VALUES (%d, 'new %d', %d.5, repeat('%c', %d)) ON CONFLICT DO NOTHING"
              .formatted(id, other, other, 'a' + random.nextInt(26), random.nextInt(4_000));
      case 2 -> "UPDATE item SET name = 'name %d' WHERE id = %d".formatted(other, id);
      case 3 ->
          "UPDATE item SET note = repeat('%c', %d), amount = NULL WHERE id BETWEEN %d AND %d"
              .formatted('a' + random.nextInt(26), random.nextInt(4_000), id, id + 3);
      case 4 ->
          "UPDATE item SET id = %d WHERE id = %d AND NOT EXISTS (SELECT FROM item WHERE id = %d)"
              .formatted(other, id, other);
      default -> "DELETE FROM item WHERE id = %d".formatted(id);
    };
  }

  @Override
  public void close() {
    try {
      end();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the sessions, and fails where one failed. */
  void end() throws InterruptedException {
    ending = true;
    for (Thread thread : threads) {
      thread.join();
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new AssertionError("a session failed", failed);
    }
  }
}
