package dev.unisono.demo;

import dev.unisono.testkit.PostgresServer;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A little life in crm: a few changes a second, as people would make them. Runs on a thread of its
 * own; a database that is away is waited for.
 */
final class Traffic implements AutoCloseable {
  private static final long PAUSE_MILLIS = 400;

  private final PostgresServer crm;
  private final Random random = new Random();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Thread thread;

  private Traffic(PostgresServer crm) {
    this.crm = crm;
    this.thread = Thread.ofPlatform().daemon().name("demo-traffic").unstarted(this::run);
  }

  static Traffic start(PostgresServer crm) {
    Traffic traffic = new Traffic(crm);
    traffic.thread.start();
    return traffic;
  }

  private void run() {
    try {
      while (!stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        try (Connection connection = crm.connect("crm")) {
          while (!stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
            change(connection);
          }
        } catch (SQLException away) {
          // The visitor may have stopped the database or cut the connection: the loop tries again.
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void change(Connection connection) throws SQLException {
    int dice = random.nextInt(10);
    if (dice < 6) {
      execute(
          connection,
          "UPDATE public.customers SET balance = balance + ?, updated_at = now() WHERE id = (SELECT"
              + " id FROM public.customers OFFSET floor(random() * 1000) LIMIT 1)",
          BigDecimal.valueOf(random.nextInt(20_000) - 10_000L, 2));
    } else if (dice < 9) {
      execute(
          connection,
          "INSERT INTO public.orders SELECT (SELECT max(id) + 1 FROM public.orders), (SELECT id FROM"
              + " public.customers OFFSET floor(random() * 1000) LIMIT 1), 'lamp', 1, ?,"
              + " current_date, false",
          BigDecimal.valueOf(100 + random.nextInt(9_000), 2));
    } else {
      execute(
          connection,
          "DELETE FROM public.orders WHERE id = (SELECT max(id) FROM public.orders WHERE id > ?)",
          5_500);
    }
  }

  private static void execute(Connection connection, String sql, Object value) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, value);
      statement.executeUpdate();
    }
  }

  @Override
  public void close() {
    stopping.countDown();
    try {
      thread.join(5_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
