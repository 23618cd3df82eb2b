package dev.unisono.demo;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A little life in all three systems: a few changes a second, as people would make them. Runs on a
 * thread of its own; a database that is away is waited for.
 */
final class Traffic implements AutoCloseable {
  /** So many customers, from the first one on, are edited. */
  static final int CUSTOMERS = 1_000;

  private static final long PAUSE_MILLIS = 400;

  private final CustomerTable crm;
  private final CustomerTable billing;
  private final CustomerTable shop;
  private final Random random = new Random();
  private final CountDownLatch stopping = new CountDownLatch(1);
  private final Thread thread;

  private Traffic(CustomerTable crm, CustomerTable billing, CustomerTable shop) {
    this.crm = crm;
    this.billing = billing;
    this.shop = shop;
    this.thread = Thread.ofPlatform().daemon().name("demo-traffic").unstarted(this::run);
  }

  static Traffic start(CustomerTable crm, CustomerTable billing, CustomerTable shop) {
    Traffic traffic = new Traffic(crm, billing, shop);
    traffic.thread.start();
    return traffic;
  }

  private void run() {
    try {
      while (!stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
        try (Connection inCrm = crm.database().connect();
            Connection inBilling = billing.database().connect();
            Connection inShop = shop.database().connect()) {
          while (!stopping.await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
            change(inCrm, inBilling, inShop);
          }
        } catch (SQLException away) {
          // The visitor may have stopped a database or cut the connection: the loop tries again.
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private void change(Connection inCrm, Connection inBilling, Connection inShop)
      throws SQLException {
    int dice = random.nextInt(12);
    if (dice < 3) {
      execute(
          inCrm,
          "UPDATE public.customers SET balance = balance + ?, updated_at = now() WHERE id = ?",
          money(20_000).subtract(BigDecimal.valueOf(100)),
          customer());
    } else if (dice < 6) {
      execute(
          inBilling,
          "UPDATE " + billing.name() + " SET balance = balance + ? WHERE client_id = ?",
          money(20_000).subtract(BigDecimal.valueOf(100)),
          customer());
    } else if (dice < 9) {
      List<String> countries = DemoData.COUNTRIES;
      execute(
          inShop,
          "UPDATE buyers SET country = ? WHERE buyer_id = ?",
          countries.get(random.nextInt(countries.size())),
          customer());
    } else if (dice < 11) {
      execute(
          inCrm,
          "INSERT INTO public.orders SELECT (SELECT max(id) + 1 FROM public.orders), ?, 'lamp', 1,"
              + " ?, current_date, false",
          customer(),
          money(9_000).add(BigDecimal.ONE));
    } else {
      execute(
          inCrm,
          "DELETE FROM public.orders WHERE id = (SELECT max(id) FROM public.orders WHERE id > ?)",
          5_500);
    }
  }

  private long customer() {
    return 1L + random.nextInt(CUSTOMERS);
  }

  private BigDecimal money(int cents) {
    return BigDecimal.valueOf(random.nextInt(cents), 2);
  }

  private static void execute(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
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
