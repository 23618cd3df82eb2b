package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What one target refuses stops nothing else, and arrives once it can. */
final class ParkingTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void refusedRowsAreSetAsideThroughKillsAndArriveOnceTheyCan() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      databases.executeInBilling("ALTER TABLE clients ADD CONSTRAINT solvent CHECK (balance >= 0)");
      databases.executeInCrm("INSERT INTO customers (id, balance) VALUES (1, 5), (2, 6)");
      server.start();
      databases.executeInCrm(
          "INSERT INTO customers (id, balance) VALUES (3, -1), (4, -2), (5, 7)",
          "INSERT INTO orders (id, customer_id) VALUES (30, 3), (40, 4), (50, 5)",
          "UPDATE customers SET balance = -3 WHERE id = 1",
          "INSERT INTO customers (id, balance) VALUES (6, 8)");
      awaitRows(billing, "SELECT client_id FROM clients", "1", "2", "5", "6");
      awaitRows(billing, "SELECT invoice_id FROM invoices", "50");
      Eventually.holds(LIMIT, () -> parked(server, 5));
      server.kill();
      server.start();
      Eventually.holds(LIMIT, () -> parked(server, 5));
      assertShown(server);
      databases.executeInCrm("UPDATE customers SET balance = 9 WHERE id = 3");
      awaitRows(billing, "SELECT invoice_id FROM invoices", "30", "50");
      Eventually.holds(LIMIT, () -> parked(server, 3));
      long given = idOfCustomerOne(server);
      assertEquals(400, reject(server, given, "").statusCode());
      assertEquals(200, reject(server, given, "?reason=mistake").statusCode());
      assertEquals(404, reject(server, given, "?reason=mistake").statusCode());
      assertEquals("mistake", list(server, "?rejected=true").at("/items/0/rejected").asText());
      databases.executeInBilling("ALTER TABLE clients DROP CONSTRAINT solvent");
      assertEquals(
          202,
          server
              .process()
              .send(
                  server
                      .process()
                      .request("/v1/admin/parked/billing/retry")
                      .POST(BodyPublishers.noBody())
                      .build())
              .statusCode());
      Eventually.holds(LIMIT, () -> parked(server, 0));
      awaitRows(billing, "SELECT invoice_id FROM invoices", "30", "40", "50");
      awaitRows(billing, "SELECT balance FROM clients WHERE client_id = 1", "5.00");
    }
  }

  private static long idOfCustomerOne(MirrorServer server) throws InterruptedException {
    for (JsonNode item : list(server, "").path("items")) {
      if (item.path("entity").asText().equals("customer") && item.at("/key/id").asLong() == 1) {
        return item.path("id").asLong();
      }
    }
    throw new AssertionError("customer 1 is not parked");
  }

  private static void assertShown(MirrorServer server) throws InterruptedException {
    JsonNode page = list(server, "?limit=2");
    assertEquals(2, page.path("items").size());
    JsonNode item = page.path("items").get(0);
    assertEquals("billing", item.path("target").asText(), item::toString);
    assertEquals("refused-by-target", item.at("/cause/code").asText(), item::toString);
    assertEquals("constraint solvent", item.path("constraint").asText(), item::toString);
    assertTrue(item.at("/record/balance").asInt() < 0, item::toString);
    JsonNode rest = list(server, "?target=billing&after=" + page.path("next").asLong());
    assertEquals(3, rest.path("items").size());
    assertTrue(rest.path("next").isNull());
    JsonNode ready = ExactJson.parse(server.get("/health/ready").body());
    assertEquals("billing: 5 parked", ready.at("/degraded/0").asText(), ready::toString);
    assertTrue(
        server.get("/metrics").body().contains("unisono_target_parked{system=\"billing\"} 5.0"));
  }

  private static JsonNode list(MirrorServer server, String query) throws InterruptedException {
    return ExactJson.parse(server.get("/v1/admin/parked" + query).body());
  }

  private static HttpResponse<String> reject(MirrorServer server, long id, String query)
      throws InterruptedException {
    return server
        .process()
        .send(server.process().request("/v1/admin/parked/billing/" + id + query).DELETE().build());
  }

  private static String parked(MirrorServer server, int rows) throws InterruptedException {
    JsonNode status = ExactJson.parse(server.get("/v1/admin/status").body());
    JsonNode target = status.path("targets").get(0);
    return target.path("parked").asInt() == rows ? "" : target.toString();
  }

  private static void awaitRows(Connection connection, String query, String... expected)
      throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          List<String> found = rows(connection, query + " ORDER BY 1");
          return found.equals(List.of(expected)) ? "" : query + ": " + found;
        });
  }

  private static List<String> rows(Connection connection, String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        rows.add(String.valueOf(row.getString(1)));
      }
    }
    return rows;
  }

  /** The source allows it within a transaction, the target does not. */
  @Test
  void uniqueValuesThatRowsTakeOverFromEachOtherArriveThroughKills() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection crm = databases.inCrm();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      databases.executeInCrm(
          "ALTER TABLE customers ADD UNIQUE (email) DEFERRABLE INITIALLY DEFERRED",
          "INSERT INTO customers (id, email) SELECT i, 'm' || i FROM generate_series(1, 30) i");
      databases.executeInBilling("ALTER TABLE clients ADD UNIQUE (mail)");
      server.start();
      Random random = new Random(11);
      crm.setAutoCommit(false);
      for (int i = 0; i < 600; i++) {
        swap(crm, random);
        if (i % 200 == 199) {
          server.kill();
          server.startLive();
        }
      }
      List<String> expected =
          rows(crm, "SELECT id || ' ' || coalesce(email, '-') FROM customers ORDER BY id");
      crm.commit();
      Eventually.holds(
          LIMIT,
          () -> {
            List<String> found =
                rows(
                    billing,
                    "SELECT client_id || ' ' || coalesce(mail, '-') FROM clients"
                        + " ORDER BY client_id");
            return found.equals(expected) ? "" : found + " instead of " + expected;
          });
      assertEquals("", parked(server, 0));
    }
  }

  private static void swap(Connection crm, Random random) throws SQLException {
    int one = 1 + random.nextInt(30);
    int two = 1 + random.nextInt(30);
    try (Statement statement = crm.createStatement()) {
      String both = one + ", " + two;
      if (random.nextInt(3) == 0) {
        // Over two transactions, by way of nothing.
        statement.execute("UPDATE customers SET email = NULL WHERE id = " + one);
        crm.commit();
        statement.execute("UPDATE customers SET email = 'n' || txid_current() WHERE id = " + one);
      } else {
        statement.execute(
            "UPDATE customers c SET email = (SELECT d.email FROM customers d WHERE d.id <> c.id"
                + " AND d.id IN ("
                + both
                + ")) WHERE c.id IN ("
                + both
                + ") AND "
                + one
                + " <> "
                + two);
      }
    }
    crm.commit();
  }
}
