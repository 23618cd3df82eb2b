package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.unisono.testkit.PostgresServer;
import dev.unisono.testkit.ServerProcess;
import java.net.http.HttpRequest.BodyPublishers;
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

/**
 * A database that an application goes on writing is read by queries alone, and mirrored to a SQLite
 * file: one table by its cursor column, one by being read again.
 */
final class QueriedSourceTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int CUSTOMERS = 1_000;

  /** One that nobody writes. */
  private static final int STILL = 5_000;

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void staysEqualThroughKillsOfTheServer() throws Exception {
    try (PostgresServer shop = PostgresServer.temporary()) {
      prepare(shop);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong written = new AtomicLong();
      AtomicReference<@Nullable Exception> failed = new AtomicReference<>();
      Thread writer = Thread.ofPlatform().start(() -> write(shop, stop, written, failed));
      try {
        for (int round = 0; round < 2; round++) {
          try (ServerProcess server = start(shop)) {
            long before = written.get();
            Eventually.isTrue(LIMIT, "nothing is written", () -> written.get() > before + 60);
            server.kill();
          }
        }
        try (ServerProcess server = start(shop)) {
          stop.set(true);
          writer.join();
          assertNull(failed.get());
          Eventually.holds(LIMIT, () -> difference(shop));
          refusesToWriteThere(server);
        }
      } finally {
        stop.set(true);
        writer.join();
      }
    }
  }

  private static void refusesToWriteThere(ServerProcess server) throws Exception {
    assertEquals(
        405,
        server
            .send(
                server
                    .request("/v1/customers/" + STILL)
                    .header("Content-Type", "application/merge-patch+json")
                    .method("PATCH", BodyPublishers.ofString("{\"name\":\"patched\"}"))
                    .build())
            .statusCode());
  }

  private Connection billing() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:sqlite:" + folder.resolve("billing.db") + "?busy_timeout=30000");
  }

  private void prepare(PostgresServer shop) throws Exception {
    shop.createDatabase("shop");
    try (Connection connection = shop.connect("shop");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE customers (id bigint PRIMARY KEY, name text, balance numeric(12,2),"
              + " changed timestamptz NOT NULL DEFAULT now())");
      statement.execute("CREATE INDEX ON customers (changed, id)");
      statement.execute("CREATE TABLE countries (code text PRIMARY KEY, name text)");
      statement.execute(
          "INSERT INTO customers (id, name, balance) SELECT n, 'Zoë', n + 0.10 FROM"
              + " generate_series(1, "
              + CUSTOMERS
              + ") n");
      statement.execute("INSERT INTO customers VALUES (" + STILL + ", 'still', 1.50)");
      statement.execute(
          "INSERT INTO countries SELECT 'c' || n, 'country ' || n FROM generate_series(1, 200) n");
    }
    try (Connection connection = billing();
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA journal_mode = WAL");
    }
  }

  private ServerProcess start(PostgresServer shop) throws Exception {
    int port = ServerProcess.freePort();
    Path config = folder.resolve("unisono.yaml");
    Path password = folder.resolve("password");
    Files.writeString(password, shop.password());
    Files.writeString(
        config,
        """
        server: { port: %d }
        state: { folder: %s }
        systems:
          shop:
            connector: jdbc
            url: %s
            user: %s
            password: "${file:%s}"
            poll: 50ms
            deletes-every: 500ms
            snapshot-chunk: 200
            read-batch: 50
          billing: { connector: sqlite, file: %s }
        entities:
          customer:
            key: id
            schema:
              properties:
                id: { type: integer }
                name: { type: string }
                balance: { type: number }
          country:
            plural: countries
            key: code
            schema:
              properties:
                code: { type: string }
                name: { type: string }
        syncs:
          customers:
            entity: customer
            members:
              - { system: shop, table: public.customers, direction: read, cursor: changed }
              - { system: billing, table: customers, direction: write, create-table: true }
          countries:
            entity: country
            refresh: 10s
            members:
              - { system: shop, table: public.countries, direction: read }
              - { system: billing, table: countries, direction: write, create-table: true }
        """
            .formatted(
                port,
                folder.resolve("state"),
                shop.jdbcUrl("shop"),
                shop.user(),
                password,
                folder.resolve("billing.db")));
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

  /** Inserts, updates and deletes, some undone, some committed after what is newer. */
  private static void write(
      PostgresServer shop,
      AtomicBoolean stop,
      AtomicLong written,
      AtomicReference<@Nullable Exception> failed) {
    Random random = new Random(20261126);
    try (Connection early = shop.connect("shop");
        Connection late = shop.connect("shop");
        Statement now = early.createStatement();
        Statement later = late.createStatement()) {
      late.setAutoCommit(false);
      while (!stop.get()) {
        int id = 1 + random.nextInt(CUSTOMERS);
        long made = 10_000 + written.incrementAndGet();
        later.execute("INSERT INTO customers VALUES (" + made + ", 'late', 1, now())");
        now.execute(
            "UPDATE customers SET name = 'changed " + made + "', changed = now() WHERE id = " + id);
        now.execute("DELETE FROM customers WHERE id = " + (1 + random.nextInt(CUSTOMERS)));
        now.execute(
            "INSERT INTO customers VALUES ("
                + (1 + random.nextInt(CUSTOMERS))
                + ", 'again', 2.50, now()) ON CONFLICT DO NOTHING");
        now.execute(
            "UPDATE countries SET name = 'n " + made + "' WHERE code = 'c" + id % 200 + "'");
        now.execute("DELETE FROM countries WHERE code = 'c" + random.nextInt(200) + "'");
        now.execute("INSERT INTO countries VALUES ('m" + made + "', NULL)");
        if (random.nextInt(5) == 0) {
          late.rollback();
        } else {
          late.commit();
        }
      }
    } catch (SQLException wrong) {
      failed.set(wrong);
    }
  }

  private String difference(PostgresServer shop) throws SQLException {
    try (Connection there = shop.connect("shop");
        Connection here = billing()) {
      String customers =
          table("shop", there, "SELECT id, name || '|' || balance FROM customers")
              .difference(
                  table("billing", here, "SELECT id, name || '|' || balance FROM customers"));
      String countries =
          "SELECT substr(code, 2), code || '|' || coalesce(name, '~') FROM countries";
      return customers.isEmpty()
          ? table("shop", there, countries).difference(table("billing", here, countries))
          : customers;
    }
  }

  private static Rows table(String where, Connection connection, String query) throws SQLException {
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
