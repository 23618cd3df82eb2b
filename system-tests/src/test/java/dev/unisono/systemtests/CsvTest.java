package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A folder of CSV files feeds a SQLite file, and is fed from it. */
final class CsvTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private Path exchange() {
    return folder.resolve("exchange");
  }

  private Connection shop() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("shop.db"));
  }

  private void inShop(String statement) throws SQLException {
    try (Connection shop = shop();
        Statement session = shop.createStatement()) {
      session.execute("PRAGMA busy_timeout = 30000");
      session.execute(statement);
    }
  }

  private List<String> items() throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection shop = shop();
        Statement statement = shop.createStatement();
        ResultSet row = statement.executeQuery("SELECT id, name, price FROM items ORDER BY id")) {
      while (row.next()) {
        rows.add(row.getLong(1) + "|" + row.getString(2) + "|" + row.getString(3));
      }
    }
    return rows;
  }

  private void awaitItems(String... wanted) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          List<String> there = items();
          return there.equals(List.of(wanted)) ? "" : "the items are " + there;
        });
  }

  private void awaitOrders(String wanted) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          Path file = exchange().resolve("orders.csv");
          String there = Files.exists(file) ? Files.readString(file) : "not there";
          return there.equals(wanted) ? "" : "orders.csv is " + there;
        });
  }

  /** As a program does that knows how. */
  private void replace(String text) throws IOException {
    Path beside = Files.writeString(folder.resolve("items.new"), text);
    Files.move(beside, exchange().resolve("items.csv"), StandardCopyOption.ATOMIC_MOVE);
  }

  private Path config(int port) throws IOException {
    return Files.writeString(
        folder.resolve("unisono.yaml"),
        """
        server: { port: %d }
        state: { folder: %s }
        systems:
          exchange: { connector: csv, folder: %s, poll: 50ms }
          shop: { connector: sqlite, file: %s }
        entities:
          item:
            key: id
            schema:
              properties:
                id: { type: integer }
                name: { type: string }
                price: { type: number }
            rules:
              - { code: low-price, check: "this.price == null || this.price >= 1.0", severity: warn }
              - { code: five-costs, check: "this.id != 5 || this.price != null" }
          order:
            key: id
            schema:
              properties:
                id: { type: integer }
                text: { type: string }
        syncs:
          items:
            entity: item
            members:
              - { system: exchange, table: items, direction: read }
              - { system: shop, table: items, direction: write }
          orders:
            entity: order
            members:
              - { system: shop, table: orders, direction: read }
              - { system: exchange, table: orders, direction: write, create-table: true }
        """
            .formatted(port, folder.resolve("state"), exchange(), folder.resolve("shop.db")));
  }

  private ServerProcess start(Path config, int port) throws InterruptedException {
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

  private static long journalHead(ServerProcess server) throws Exception {
    HttpResponse<String> status = server.send(server.request("/v1/admin/status").build());
    return new ObjectMapper().readTree(status.body()).at("/journal/head").longValue();
  }

  @Test
  void filesAndADatabaseFollowEachOtherThoughTheServerIsKilled() throws Exception {
    Files.createDirectory(exchange());
    inShop("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, price TEXT)");
    inShop("CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT)");
    inShop("INSERT INTO items VALUES (99, 'extra', NULL)");
    inShop("INSERT INTO orders VALUES (1, 'one \"order\"')");
    int port = ServerProcess.freePort();
    Path config = config(port);
    replace("id,name,price\n1,one\n");
    String problem = CommandLine.run(1, "check", config.toString());
    assertTrue(problem.contains("items.csv, line 2 has 2 values"), problem);
    replace("id,name,price\n1,one,1.10\n2,two,\n3,three,3\n");
    CommandLine.run(0, "check", config.toString());
    try (ServerProcess server = start(config, port)) {
      // What it had before is not the file's to delete.
      awaitItems("1|one|1.10", "2|two|null", "3|three|3", "99|extra|null");
      awaitOrders("\"id\",\"text\"\n\"1\",\"one \"\"order\"\"\"\n");
      replace("id,name,price\n1,one,1.10\n3,other,3\n4,four,4\n");
      awaitItems("1|one|1.10", "3|other|3", "4|four|4", "99|extra|null");
      server.kill();
    }
    replace("id,name,price\n1,one,1.10\n4,four,cheap\n5,five,5\n");
    inShop("UPDATE orders SET text = 'changed'");
    inShop("INSERT INTO orders VALUES (2, NULL)");
    try (ServerProcess server = start(config, port)) {
      // A row that is refused stays as it was before, and everything else goes on.
      awaitItems("1|one|1.10", "4|four|4", "5|five|5", "99|extra|null");
      awaitOrders("\"id\",\"text\"\n\"1\",\"changed\"\n\"2\",\n");
      Files.delete(exchange().resolve("items.csv"));
      Eventually.isTrue(
          LIMIT,
          "the status does not name the missing file",
          () ->
              server
                  .send(server.request("/v1/admin/status").build())
                  .body()
                  .contains("no-such-table"));
      replace("id,name,price\n1,one,1.20\n4,four,4\n5,five,5\n");
      awaitItems("1|one|1.20", "4|four|4", "5|five|5", "99|extra|null");
      long before = journalHead(server);
      replace("id,name,price\n1,one,1.20\n4,four,4\n5,fifth,5\n");
      awaitItems("1|one|1.20", "4|four|4", "5|fifth|5", "99|extra|null");
      assertEquals(before + 1, journalHead(server), "only what differs was taken");
      String metrics = server.send(server.request("/metrics").build()).body();
      String warned = "unisono_warnings_total{code=\"low-price\",entity=\"item\"} ";
      assertTrue(metrics.contains(warned + "0.0"), metrics);
      // What breaks a rule that refuses stays as it was; what breaks one that warns is taken.
      replace("id,name,price\n1,one,0.90\n4,four,4\n5,fifth,\n");
      awaitItems("1|one|0.90", "4|four|4", "5|fifth|5", "99|extra|null");
      metrics = server.send(server.request("/metrics").build()).body();
      assertTrue(metrics.contains(warned) && !metrics.contains(warned + "0.0"), metrics);
      JsonNode warnings =
          new ObjectMapper()
              .readTree(server.send(server.request("/v1/admin/status").build()).body())
              .path("warnings");
      assertEquals(1, warnings.size(), warnings::toString);
      assertEquals("low-price", warnings.at("/0/code").asText());
      assertTrue(warnings.at("/0/rows").asLong() > 0, warnings::toString);
    }
  }
}
