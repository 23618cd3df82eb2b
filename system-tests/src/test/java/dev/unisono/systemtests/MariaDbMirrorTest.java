package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.MariaDbServer;
import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A MariaDB is mirrored to a PostgreSQL, whoever is killed meanwhile. */
final class MariaDbMirrorTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /**
   * Nobody of the test connects meanwhile: who knocks at a port without pause while nobody listens
   * keeps the machine from everything else.
   */
  private final Object restarting = new Object();

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void staysEqualThroughKillsOfTheServerAndOfItsSource() throws Exception {
    try (MariaDbServer shop = MariaDbServer.temporary();
        PostgresServer billing = PostgresServer.temporary()) {
      prepare(shop, billing);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong written = new AtomicLong();
      AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
      Thread writer = Thread.ofPlatform().start(() -> write(shop, stop, written, failed));
      try {
        for (int round = 0; round < 4; round++) {
          try (ServerProcess server = start(shop, billing)) {
            long before = written.get();
            Eventually.isTrue(LIMIT, "nothing is written", () -> written.get() > before + 150);
            server.kill();
          }
        }
        try (ServerProcess server = start(shop, billing)) {
          synchronized (restarting) {
            shop.kill();
            shop.restart();
          }
          long before = written.get();
          Eventually.isTrue(LIMIT, "nothing is written", () -> written.get() > before + 150);
          stop.set(true);
          writer.join();
          assertNull(failed.get());
          Eventually.holds(LIMIT, () -> difference(shop, billing));
          assertTrue(server.alive());
          findsWhatTheLogDoesNotTell(server, shop, billing);
        }
      } finally {
        stop.set(true);
        writer.join();
      }
    }
  }

  /** The sync is read again by its schedule; of all that is read only what differs is told. */
  private static void findsWhatTheLogDoesNotTell(
      ServerProcess server, MariaDbServer shop, PostgresServer billing) throws Exception {
    long before = head(server);
    try (Connection connection = shop.connect("shop");
        Statement statement = connection.createStatement()) {
      statement.execute("SET SESSION sql_log_bin = 0");
      statement.execute("INSERT INTO customers VALUES (-1, 'unlogged', 1)");
      statement.execute("UPDATE customers SET name = 'unlogged' WHERE id = 1");
      statement.execute("INSERT INTO customers VALUES (-2, 'logged', 1)");
      statement.execute("SET SESSION sql_log_bin = 1");
      statement.execute("DELETE FROM customers WHERE id = -2");
      statement.execute("INSERT INTO customers VALUES (-3, 'logged', 1)");
      statement.execute("SET SESSION sql_log_bin = 0");
      statement.execute("DELETE FROM customers WHERE id = -3");
    }
    Eventually.holds(LIMIT, () -> difference(shop, billing));
    // A delete and an insert by the log, an insert, an update and a delete by reading again.
    assertEquals(before + 5, head(server));
  }

  private static long head(ServerProcess server) throws Exception {
    return ExactJson.parse(server.send(server.request("/v1/admin/status").build()).body())
        .path("journal")
        .path("head")
        .asLong();
  }

  private static void prepare(MariaDbServer shop, PostgresServer billing) throws SQLException {
    shop.createDatabase("shop");
    shop.execute(
        "shop",
        "CREATE TABLE customers (id bigint PRIMARY KEY, name varchar(100), balance decimal(12,2))",
        "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL,"
            + " FOREIGN KEY (customer) REFERENCES customers (id))",
        "INSERT INTO customers SELECT seq, concat('Zoë ', seq), seq / 3 FROM seq_1_to_3000",
        "INSERT INTO orders SELECT seq, 1 + seq % 3000 FROM seq_1_to_3000");
    billing.createDatabase("billing");
    try (Connection connection = billing.connect("billing");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE customers (id bigint PRIMARY KEY, name text, balance numeric(12,2))");
      statement.execute(
          "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL REFERENCES"
              + " customers)");
    }
  }

  private ServerProcess start(MariaDbServer shop, PostgresServer billing) throws Exception {
    int port = ServerProcess.freePort();
    Path config = folder.resolve("unisono.yaml");
    Path password = folder.resolve("password");
    Files.writeString(password, billing.password());
    Files.writeString(
        config,
        """
        server: { port: %d }
        state: { folder: %s }
        systems:
          shop:
            connector: mariadb
            url: %s
            user: root
            snapshot-chunk: 200
            read-batch: 100
          billing:
            connector: postgres
            url: %s
            user: %s
            password: "${file:%s}"
        entities:
          customer:
            key: id
            schema:
              properties:
                id: { type: integer }
                name: { type: string }
                balance: { type: number }
          order:
            key: id
            schema:
              properties:
                id: { type: integer }
                customer: { type: integer }
        syncs:
          customers:
            entity: customer
            refresh: 10s
            members:
              - { system: shop, table: customers, direction: read }
              - { system: billing, table: public.customers, direction: write }
          orders:
            entity: order
            members:
              - { system: shop, table: orders, direction: read }
              - { system: billing, table: public.orders, direction: write }
        """
            .formatted(
                port,
                folder.resolve("state"),
                shop.jdbcUrl("shop"),
                billing.jdbcUrl("billing"),
                billing.user(),
                password));
    ServerProcess server =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of());
    server.awaitReady(LIMIT, () -> false);
    return server;
  }

  /**
   * Inserts, updates, deletes and moves, some in transactions; goes on after the server was away.
   */
  private void write(
      MariaDbServer shop,
      AtomicBoolean stop,
      AtomicLong written,
      AtomicReference<@Nullable Exception> failed) {
    Random random = new Random(20261126);
    while (!stop.get()) {
      try (Connection connection = connect(shop);
          Statement statement = connection.createStatement()) {
        while (!stop.get()) {
          int id = 1 + random.nextInt(3_000);
          long made = 10_000 + written.incrementAndGet();
          statement.execute("UPDATE customers SET name = 'changed " + made + "' WHERE id = " + id);
          statement.execute("DELETE FROM orders WHERE id = " + (1 + random.nextInt(3_000)));
          statement.execute(
              "UPDATE IGNORE orders SET id = " + made + " WHERE id = " + random.nextInt(3_000));
          connection.setAutoCommit(false);
          statement.execute("INSERT INTO customers VALUES (" + made + ", 'new', 1)");
          statement.execute("INSERT INTO orders VALUES (" + (1_000_000 + made) + ", " + made + ")");
          if (random.nextInt(5) == 0) {
            connection.rollback();
          } else {
            connection.commit();
          }
          connection.setAutoCommit(true);
        }
      } catch (SQLException away) {
        String state = String.valueOf(away.getSQLState());
        if (!state.startsWith("08") && !stop.get()) {
          failed.set(away);
          return;
        }
      }
    }
  }

  private Connection connect(MariaDbServer shop) throws SQLException {
    synchronized (restarting) {
      return shop.connect("shop");
    }
  }

  private static String difference(MariaDbServer shop, PostgresServer billing) throws SQLException {
    try (Connection there = shop.connect("shop");
        Connection here = billing.connect("billing")) {
      String customers =
          rows("shop", there, "SELECT id, concat_ws('|', name, balance) FROM customers")
              .difference(
                  rows("billing", here, "SELECT id, concat_ws('|', name, balance) FROM customers"));
      return customers.isEmpty()
          ? rows("shop", there, "SELECT id, customer FROM orders")
              .difference(rows("billing", here, "SELECT id, customer FROM orders"))
          : customers;
    }
  }

  private static Rows rows(String where, Connection connection, String query) throws SQLException {
    Map<Long, String> rows = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        rows.put(row.getLong(1), row.getString(2));
      }
    }
    return new Rows(where, new TreeMap<>(rows));
  }
}
