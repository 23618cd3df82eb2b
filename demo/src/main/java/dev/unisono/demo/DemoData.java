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
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** The two databases' tables and their first rows; the same rows at every first start. */
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
  private static final String[] COUNTRIES = {
    "DE", "FR", "GB", "US", "NL", "IT", "ES", "PL", "SE", "JP"
  };
  private static final String[] ITEMS = {
    "keyboard", "monitor", "desk", "chair", "lamp", "notebook", "cable", "headset", "camera", "dock"
  };

  private final PostgresServer crm;
  private final PostgresServer billing;
  private final String crmPassword;
  private final String billingPassword;

  DemoData(PostgresServer crm, PostgresServer billing, String crmPassword, String billingPassword) {
    this.crm = crm;
    this.billing = billing;
    this.crmPassword = crmPassword;
    this.billingPassword = billingPassword;
  }

  void prepare() throws SQLException {
    crm.createDatabase("crm");
    billing.createDatabase("billing");
    prepareCrm();
    prepareBilling();
  }

  private void prepareCrm() throws SQLException {
    try (Connection connection = crm.connect("crm");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      role(statement, "crm", crmPassword, "LOGIN REPLICATION");
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS public.customers (
            id bigint PRIMARY KEY, name text, email text, country text,
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

  private void prepareBilling() throws SQLException {
    try (Connection connection = billing.connect("billing");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      role(statement, "billing", billingPassword, "LOGIN");
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS public.clients (
            client_id bigint PRIMARY KEY, full_name text, mail text, country text,
            balance numeric(12,2))
          """);
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS public.invoices (
            invoice_id bigint PRIMARY KEY, client_id bigint NOT NULL REFERENCES public.clients,
            article text, amount integer, unit_price numeric(12,2), invoiced_on date)
          """);
      statement.execute(
          "GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON public.clients, public.invoices TO"
              + " unisono");
      connection.commit();
    }
  }

  private static void role(Statement statement, String database, String password, String rights)
      throws SQLException {
    boolean there;
    try (ResultSet rows =
        statement.executeQuery("SELECT 1 FROM pg_roles WHERE rolname = 'unisono'")) {
      there = rows.next();
    }
    // The password is hexadecimal, made by us: nothing to quote.
    statement.execute(
        (there ? "ALTER" : "CREATE") + " ROLE unisono " + rights + " PASSWORD '" + password + "'");
    statement.execute("GRANT CREATE ON DATABASE " + database + " TO unisono");
  }

  private static void fill(Connection connection) throws SQLException {
    Random random = new Random(SEED);
    Instant start = Instant.parse("2026-01-01T08:00:00Z");
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO public.customers VALUES (?, ?, ?, ?, ?, ?)")) {
      for (int id = 1; id <= CUSTOMERS; id++) {
        String first = FIRST[random.nextInt(FIRST.length)];
        String last = LAST[random.nextInt(LAST.length)];
        insert.setLong(1, id);
        insert.setString(2, first + " " + last);
        insert.setString(3, (first + "." + last + id + "@example.org").toLowerCase(Locale.ROOT));
        insert.setString(4, COUNTRIES[random.nextInt(COUNTRIES.length)]);
        insert.setBigDecimal(5, BigDecimal.valueOf(random.nextInt(1_000_000), 2));
        insert.setTimestamp(6, Timestamp.from(start.plusSeconds(random.nextInt(10_000_000))));
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

  /** Waits until billing holds as many rows as crm: the first copy is through. */
  void awaitEqual(BooleanSupplier giveUp) throws SQLException, InterruptedException {
    long deadlineNanos = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
    try (Connection left = crm.connect("crm");
        Connection right = billing.connect("billing");
        Statement inCrm = left.createStatement();
        Statement inBilling = right.createStatement()) {
      while (count(inCrm, "public.customers") > count(inBilling, "public.clients")
          || count(inCrm, "public.orders") > count(inBilling, "public.invoices")) {
        if (giveUp.getAsBoolean()) {
          throw new DemoFailure("stopped");
        }
        if (System.nanoTime() > deadlineNanos) {
          throw new DemoFailure(
              "first-copy-incomplete: billing did not receive all rows within two minutes; see"
                  + " server.log in the data folder.");
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
