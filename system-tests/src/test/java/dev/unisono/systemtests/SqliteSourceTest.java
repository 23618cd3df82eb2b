package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
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

/** A SQLite file that an application goes on writing is mirrored to a PostgreSQL. */
final class SqliteSourceTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int CUSTOMERS = 1_000;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void staysEqualThroughKillsOfTheServer() throws Exception {
    try (PostgresServer billing = PostgresServer.temporary()) {
      prepare(billing);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong written = new AtomicLong();
      AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
      Thread writer = Thread.ofPlatform().start(() -> write(stop, written, failed));
      try {
        for (int round = 0; round < 2; round++) {
          try (ServerProcess server = start(billing)) {
            long before = written.get();
            Eventually.isTrue(LIMIT, "nothing is written", () -> written.get() > before + 60);
            server.kill();
          }
        }
        try (ServerProcess server = start(billing)) {
          stop.set(true);
          writer.join();
          assertNull(failed.get());
          Eventually.holds(LIMIT, () -> difference(billing));
          patchAndRefuse(server, billing);
        }
      } finally {
        stop.set(true);
        writer.join();
      }
    }
  }

  /** A write by a door, and a value that is none of its field, which stops nothing. */
  private void patchAndRefuse(ServerProcess server, PostgresServer billing) throws Exception {
    try (Connection connection = shop();
        Statement statement = connection.createStatement()) {
      statement.execute("INSERT INTO customers VALUES (900001, 'no decimal', 'much')");
      statement.execute("INSERT INTO customers VALUES (900002, 'last', '1.50')");
    }
    Eventually.isTrue(
        LIMIT,
        "the row behind the refused one",
        () -> server.send(server.request("/v1/customers/900002").build()).statusCode() == 200);
    assertEquals(404, server.send(server.request("/v1/customers/900001").build()).statusCode());
    HttpResponse<String> answer =
        server.send(
            server
                .request("/v1/customers/900002")
                .header("Content-Type", "application/merge-patch+json")
                .method("PATCH", BodyPublishers.ofString("{\"name\":\"patched\"}"))
                .build());
    assertEquals(200, answer.statusCode(), answer.body());
    try (Connection connection = shop();
        Statement statement = connection.createStatement()) {
      assertEquals(
          Map.of(900002L, "patched"),
          rows("shop", connection, "SELECT id, name FROM customers WHERE id = 900002"));
      statement.execute("DELETE FROM customers WHERE id = 900001");
    }
    Eventually.holds(LIMIT, () -> difference(billing));
  }

  private Connection shop() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:sqlite:" + folder.resolve("shop.db") + "?busy_timeout=30000");
  }

  private void prepare(PostgresServer billing) throws SQLException {
    try (Connection connection = shop();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
      statement.execute("CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, balance TEXT)");
      statement.execute(
          "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES"
              + " customers (id), code TEXT UNIQUE)");
      connection.setAutoCommit(false);
      for (int i = 1; i <= CUSTOMERS; i++) {
        statement.execute("INSERT INTO customers VALUES (" + i + ", 'Zoë', '" + i + ".10')");
        statement.execute("INSERT INTO orders VALUES (" + i + ", " + i + ", 'c" + i + "')");
      }
      connection.commit();
    }
    billing.createDatabase("billing");
    try (Connection connection = billing.connect("billing");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE customers (id bigint PRIMARY KEY, name text, balance numeric(12,2))");
      statement.execute(
          "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL REFERENCES"
              + " customers, code text UNIQUE)");
    }
  }

  private ServerProcess start(PostgresServer billing) throws Exception {
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
          shop: { connector: sqlite, file: %s, snapshot-chunk: 200, read-batch: 100 }
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
                code: { type: string }
        syncs:
          customers:
            entity: customer
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
                folder.resolve("shop.db"),
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

  /** Inserts, updates, deletes, moves and replaces, some in transactions, some undone. */
  private void write(
      AtomicBoolean stop, AtomicLong written, AtomicReference<@Nullable Exception> failed) {
    Random random = new Random(20261126);
    try (Connection connection = shop();
        Statement statement = connection.createStatement()) {
      while (!stop.get()) {
        int id = 1 + random.nextInt(CUSTOMERS);
        long made = 10_000 + written.incrementAndGet();
        statement.execute("UPDATE customers SET name = 'changed " + made + "' WHERE id = " + id);
        statement.execute("DELETE FROM orders WHERE id = " + (1 + random.nextInt(CUSTOMERS)));
        statement.execute(
            "UPDATE OR IGNORE orders SET id = "
                + made
                + " WHERE id = "
                + random.nextInt(CUSTOMERS));
        statement.execute("BEGIN IMMEDIATE");
        statement.execute("INSERT INTO customers VALUES (" + made + ", 'new', '1')");
        // Takes the code of another order, which vanishes without a word.
        statement.execute(
            "REPLACE INTO orders VALUES ("
                + (1_000_000 + made)
                + ", "
                + made
                + ", 'c"
                + random.nextInt(CUSTOMERS)
                + "')");
        statement.execute(random.nextInt(5) == 0 ? "ROLLBACK" : "COMMIT");
      }
    } catch (SQLException wrong) {
      failed.set(wrong);
    }
  }

  private String difference(PostgresServer billing) throws SQLException {
    try (Connection there = shop();
        Connection here = billing.connect("billing")) {
      String customers =
          table("shop", there, "SELECT id, name || '|' || (balance + 0.0) FROM customers")
              .difference(
                  table(
                      "billing",
                      here,
                      "SELECT id, name || '|' || balance::float8::text || CASE WHEN balance ="
                          + " trunc(balance) THEN '.0' ELSE '' END FROM customers"));
      return customers.isEmpty()
          ? table("shop", there, "SELECT id, customer || '|' || code FROM orders")
              .difference(table("billing", here, "SELECT id, customer || '|' || code FROM orders"))
          : customers;
    }
  }

  private static Rows table(String where, Connection connection, String query) throws SQLException {
    return new Rows(where, new TreeMap<>(rows(where, connection, query)));
  }

  private static Map<Long, String> rows(String where, Connection connection, String query)
      throws SQLException {
    Map<Long, String> rows = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        rows.put(row.getLong(1), row.getString(2));
      }
    } catch (SQLException failed) {
      throw new SQLException(where + ": " + query, failed);
    }
    return rows;
  }
}
