package dev.unisono.demo;

import dev.unisono.testkit.PostgresServer;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The databases' tables and their first rows, which lie in crm; the same at every first start. */
final class DemoData {
  private static final int CUSTOMERS = 1_200;
  private static final int ORDERS = 6_000;
  private static final long SEED = 20260101;
  private static final String[] FIRST = {
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Niklaus", "Margaret", "John",
    "Radia", "Ken", "Adele", "Dennis", "Lynn", "Tony", "Shafi", "Leslie", "Karen", "Robin"
  };
  private static final String[] LAST = {
    "Lovelace",
    "Hopper",
    "Turing",
    "Dijkstra",
    "Liskov",
    "Knuth",
    "Allen",
    "Wirth",
    "Hamilton",
    "Backus",
    "Perlman",
    "Thompson",
    "Goldberg",
    "Ritchie",
    "Conway",
    "Hoare",
    "Goldwasser",
    "Lamport",
    "Jones",
    "Milner"
  };
  static final List<String> COUNTRIES =
      List.of("DE", "FR", "GB", "US", "NL", "IT", "ES", "PL", "SE", "JP");
  private static final String[] ITEMS = {
    "keyboard", "monitor", "desk", "chair", "lamp", "notebook", "cable", "headset", "camera", "dock"
  };

  private final PostgresServer crm;
  private final Billing billing;
  private final Shop shop;

  DemoData(PostgresServer crm, Billing billing, Shop shop) {
    this.crm = crm;
    this.billing = billing;
    this.shop = shop;
  }

  void prepare(String crmPassword, String billingPassword) throws SQLException {
    crm.createDatabase("crm");
    prepareCrm(crmPassword);
    billing.prepare(billingPassword);
    shop.prepare();
  }

  private void prepareCrm(String password) throws SQLException {
    try (Connection connection = crm.connect("crm");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      UnisonoRole.make(statement, "crm", password);
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS public.customers (
            id bigint PRIMARY KEY, name text, email text, country text, phone text,
            balance numeric(12,2), updated_at timestamptz)
          """);
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS public.orders (
            id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES public.customers,
            item text, quantity integer, price numeric(12,2), ordered_on date, shipped boolean)
          """);
      // A publication is made by the owner of its tables: here that is Unisono's role.
      statement.execute("ALTER TABLE public.customers OWNER TO unisono");
      statement.execute("ALTER TABLE public.orders OWNER TO unisono");
      if (count(statement, "public.customers") == 0) {
        fill(connection);
      }
      connection.commit();
    }
  }

  private static void fill(Connection connection) throws SQLException {
    Random random = new Random(SEED);
    Instant start = Instant.parse("2026-01-01T08:00:00Z");
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO public.customers VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      for (int id = 1; id <= CUSTOMERS; id++) {
        String first = FIRST[random.nextInt(FIRST.length)];
        String last = LAST[random.nextInt(LAST.length)];
        insert.setLong(1, id);
        insert.setString(2, first + " " + last);
        insert.setString(3, (first + "." + last + id + "@example.org").toLowerCase(Locale.ROOT));
        insert.setString(4, COUNTRIES.get(random.nextInt(COUNTRIES.size())));
        insert.setString(5, "+49 30 %07d".formatted(random.nextInt(10_000_000)));
        insert.setBigDecimal(6, BigDecimal.valueOf(random.nextInt(1_000_000), 2));
        insert.setTimestamp(7, Timestamp.from(start.plusSeconds(random.nextInt(10_000_000))));
        insert.addBatch();
      }
      insert.executeBatch();
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO public.orders VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      for (int id = 1; id <= ORDERS; id++) {
        insert.setLong(1, id);
        insert.setLong(2, 1 + random.nextInt(CUSTOMERS));
        insert.setString(3, ITEMS[random.nextInt(ITEMS.length)]);
        insert.setInt(4, 1 + random.nextInt(5));
        insert.setBigDecimal(5, BigDecimal.valueOf(100 + random.nextInt(50_000), 2));
        insert.setObject(6, LocalDate.parse("2026-01-01").plusDays(random.nextInt(200)));
        insert.setBoolean(7, random.nextBoolean());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** Waits until billing and shop hold as many rows as crm: the first copy is through. */
  void awaitEqual(BooleanSupplier giveUp) throws SQLException, InterruptedException {
    long deadlineNanos = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    try (Connection left = crm.connect("crm");
        Connection right = billing.customers().database().connect();
        Connection below = shop.connect();
        Statement inCrm = left.createStatement();
        Statement inBilling = right.createStatement();
        Statement inShop = below.createStatement()) {
      while (count(inCrm, "public.customers")
              > Math.min(
                  count(inBilling, billing.customers().name()),
                  count(inShop, shop.customers().name()))
          || count(inCrm, "public.orders") > count(inBilling, billing.invoices())) {
        if (giveUp.getAsBoolean()) {
          throw new DemoFailure("stopped");
        }
        if (System.nanoTime() > deadlineNanos) {
          throw new DemoFailure(
              "first-copy-incomplete: billing or shop did not receive all rows within two minutes;"
                  + " see server.log in the data folder.");
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  private static long count(Statement statement, String table) throws SQLException {
    try (ResultSet rows = statement.executeQuery("SELECT count(*) FROM " + table)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
