package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A transaction of the source is seen in the target whole, or nothing of it, whoever is killed. */
final class TransactionsTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Many more than are read at once, so that one transaction of all of them comes in parts. */
  private static final int CUSTOMERS = 30_000;

  private static final int KILLS = 6;

  /** Whole transactions leave each of these as it is. */
  private static final String TORN =
      """
      SELECT concat_ws(', ', 'balance ' || sum(balance), 'countries ' || count(DISTINCT country),
          'orders ' || (SELECT count(*) FROM invoices) - sum(rating))
      FROM clients
      HAVING sum(balance) <> 3000000 OR count(DISTINCT country) > 1
          OR (SELECT count(*) FROM invoices) <> sum(rating)
      """;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void noPartOfATransactionIsSeenWhileServerAndTargetAreKilled() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection crm = databases.inCrm();
        MirrorServer server = new MirrorServer(databases, folder, 5_000)) {
      databases.executeInCrm(
          "INSERT INTO customers (id, name, country, balance, score) SELECT i, 'c' || i, 'C0', 100,"
              + " 0 FROM generate_series(1, "
              + CUSTOMERS
              + ") i");
      server.configure("billing", "transactions: keep");
      server.start();
      awaitClients(databases);
      AtomicBoolean over = new AtomicBoolean();
      List<String> torn = Collections.synchronizedList(new ArrayList<>());
      AtomicLong looks = new AtomicLong();
      Thread watcher =
          Thread.ofPlatform().name("watcher").start(() -> watch(databases, over, torn, looks));
      Thread load = Thread.ofPlatform().name("load").start(() -> write(crm, over));
      Random random = new Random(5);
      for (int kill = 0; kill < KILLS; kill++) {
        long enough = looks.get() + 20 + random.nextInt(40);
        Eventually.isTrue(LIMIT, "the target is looked at", () -> looks.get() > enough);
        if (kill % 3 == 2) {
          databases.billing().kill();
          databases.billing().restart();
        } else {
          server.kill();
          server.start();
        }
      }
      over.set(true);
      load.join();
      watcher.join();
      assertEquals(List.of(), torn);
      awaitEqual(databases);
      assertTrue(looks.get() > KILLS * 20L);
    }
  }

  private static void awaitClients(MirroredDatabases databases) throws Exception {
    try (Connection billing = databases.inBilling()) {
      Eventually.isTrue(
          LIMIT,
          "all clients are there",
          () -> one(billing, "SELECT count(*) FROM clients").equals("" + CUSTOMERS));
    }
  }

  private static void awaitEqual(MirroredDatabases databases) throws Exception {
    try (Connection crm = databases.inCrm();
        Connection billing = databases.inBilling()) {
      String customers =
          one(
              crm,
              "SELECT md5(string_agg(c::text, ' ' ORDER BY id)) FROM (SELECT id, name,"
                  + " country, balance, score FROM customers) c");
      String orders =
          one(
              crm,
              "SELECT md5(string_agg(o::text, ' ' ORDER BY id)) FROM (SELECT id,"
                  + " customer_id, quantity FROM orders) o");
      Eventually.holds(
          LIMIT,
          () -> {
            String clients =
                one(
                    billing,
                    "SELECT md5(string_agg(c::text, ' ' ORDER BY client_id)) FROM (SELECT"
                        + " client_id, full_name, country, balance, rating FROM clients) c");
            String invoices =
                one(
                    billing,
                    "SELECT md5(string_agg(o::text, ' ' ORDER BY invoice_id)) FROM (SELECT"
                        + " invoice_id, client_id, amount FROM invoices) o");
            return clients.equals(customers) && invoices.equals(orders)
                ? ""
                : clients + " and " + invoices + ", not " + customers + " and " + orders;
          });
    }
  }

  /** Asks again and again, over a new connection where the one before was killed. */
  private static void watch(
      MirroredDatabases databases, AtomicBoolean over, List<String> torn, AtomicLong looks) {
    while (!over.get()) {
      try (Connection billing = databases.inBilling();
          Statement statement = billing.createStatement()) {
        while (!over.get()) {
          try (ResultSet row = statement.executeQuery(TORN)) {
            while (row.next()) {
              torn.add(row.getString(1));
            }
          }
          looks.incrementAndGet();
        }
      } catch (SQLException killed) {
        Thread.onSpinWait();
      }
    }
  }

  /** Money from one to another, an order beside it; and now and then everything at once. */
  private static void write(Connection crm, AtomicBoolean over) {
    Random random = new Random(3);
    try (Statement statement = crm.createStatement()) {
      crm.setAutoCommit(false);
      for (int n = 1; !over.get(); n++) {
        int from = 1 + random.nextInt(CUSTOMERS);
        int to = 1 + random.nextInt(CUSTOMERS);
        int amount = random.nextInt(50);
        statement.execute(
            "UPDATE customers SET balance = balance - " + amount + " WHERE id = " + from);
        if (n % 100 == 0) {
          statement.execute("UPDATE customers SET country = 'C" + n + "'");
        }
        statement.execute(
            "INSERT INTO orders (id, customer_id, quantity) VALUES ("
                + n
                + ", "
                + to
                + ", "
                + n
                + ")");
        statement.execute(
            "UPDATE customers SET balance = balance + "
                + amount
                + ", score = score + 1 WHERE id = "
                + to);
        if (random.nextInt(10) == 0) {
          statement.execute("SAVEPOINT s");
          statement.execute("UPDATE customers SET balance = balance + 1 WHERE id = " + from);
          statement.execute("ROLLBACK TO SAVEPOINT s");
        }
        crm.commit();
      }
      crm.setAutoCommit(true);
    } catch (SQLException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static String one(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return String.valueOf(row.getString(1));
    }
  }
}
