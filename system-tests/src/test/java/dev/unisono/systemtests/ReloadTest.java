package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A running server takes its config up again: as a whole or not at all, and nothing is lost. */
final class ReloadTest {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private String edit(String from, String to) throws Exception {
    Path config = folder.resolve("unisono.yaml");
    String text = Files.readString(config);
    assertTrue(text.contains(from), "not in the config: " + from);
    Files.writeString(config, text.replace(from, to));
    return text;
  }

  private void write(String text) throws Exception {
    Files.writeString(folder.resolve("unisono.yaml"), text);
  }

  private static HttpResponse<String> reload(MirrorServer server) throws InterruptedException {
    return server
        .process()
        .send(server.process().request("/v1/admin/reload").POST(BodyPublishers.noBody()).build());
  }

  /** The paths that a reload says have changed. */
  private static Set<String> changed(HttpResponse<String> answer) {
    assertEquals(200, answer.statusCode(), answer.body());
    Set<String> paths = new TreeSet<>();
    ExactJson.parse(answer.body()).path("changed").forEach(path -> paths.add(path.asText()));
    return paths;
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

  private static void await(Connection connection, String query, String... expected)
      throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          List<String> found = rows(connection, query);
          return found.equals(List.of(expected)) ? "" : query + ": " + found;
        });
  }

  private static JsonNode status(MirrorServer server) throws InterruptedException {
    return ExactJson.parse(server.get("/v1/admin/status").body());
  }

  private static long rowsRead(MirrorServer server) throws InterruptedException {
    return status(server).at("/sources/0/tables/0/rowsRead").asLong();
  }

  @Test
  void aSnapshotGoesOnAndAStreamStaysOpenWhereReloadsComeBetween() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 100)) {
      databases.noteWritesInBilling();
      databases.executeInCrm(
          "INSERT INTO customers (id, name) SELECT i, 'n' || i FROM generate_series(1, 40000) i");
      edit("snapshot-chunk: 100", "snapshot-chunk: 100\n    snapshot-rate: 100");
      server.startLive();
      try (EventStream events =
          new EventStream(server.api(), server.process().token(), null, event -> {})) {
        Eventually.isTrue(LIMIT, "nothing is read", () -> rowsRead(server) > 0);
        // At that rate it would not end within this test.
        edit("\n    snapshot-rate: 100", "");
        assertEquals(Set.of("systems.crm.snapshot-rate"), changed(reload(server)));
        assertEquals(Set.of(), changed(reload(server)));
        edit("snapshot-chunk: 100", "snapshot-chunk: 5000");
        assertEquals(List.of(0, 1), numbersChangedByTwoAtOnce(server));
        await(billing, "SELECT count(*) FROM clients", "40000");
        databases.executeInCrm("INSERT INTO customers (id, name) VALUES (40001, 'late')");
        await(billing, "SELECT full_name FROM clients WHERE client_id = 40001", "late");
        // A chunk that was read again would have been written again.
        assertEquals(
            List.of(),
            rows(billing, "SELECT client_id FROM written GROUP BY client_id HAVING count(*) <> 1"));
        Eventually.isTrue(
            LIMIT,
            "the stream lacks records",
            () -> events.picture().records("customer").size() == 40_001);
        assertEquals(List.of(), events.picture().complaints());
        assertEquals(1, events.connections(), "the stream was cut");
      }
    }
  }

  private static List<Integer> numbersChangedByTwoAtOnce(MirrorServer server) throws Exception {
    Callable<Integer> one = () -> changed(reload(server)).size();
    try (ExecutorService two = Executors.newFixedThreadPool(2)) {
      List<Integer> numbers = new ArrayList<>();
      for (var answer : two.invokeAll(List.of(one, one))) {
        numbers.add(answer.get());
      }
      return numbers.stream().sorted().toList();
    }
  }

  @Test
  void aConfigThatIsNotRightIsRefusedAsAWholeAndTheOneBeforeGoesOn() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      server.start();
      String good = edit("snapshot-chunk: 500", "snapshot-chunk: 5\n    heartbeats: 3s");
      JsonNode refused = refused(server, 422, "config-refused");
      assertEquals(2, refused.path("problems").size(), refused::toString);
      assertEquals("out-of-range", refused.at("/problems/0/code").asText());
      assertEquals(9, refused.at("/problems/0/line").asInt(), refused::toString);
      assertEquals("systems.crm.heartbeats", refused.at("/problems/1/configPath").asText());
      assertTrue(refused.at("/problems/1/message").asText().contains("heartbeat'?"));
      // Half written, in the middle of a line.
      write(good.substring(0, good.indexOf("updated_at:") + 14));
      refused(server, 422, "config-refused");
      Files.delete(folder.resolve("unisono.yaml"));
      assertEquals(
          "file-unreadable",
          refused(server, 422, "config-refused").at("/problems/0/code").asText());
      write(
          good.replaceFirst("host: 127.0.0.1, port: \\d+", "host: 127.0.0.2, port: 1")
              .replace(folder.resolve("state").toString(), "elsewhere")
              .replace("snapshot-chunk: 500", "snapshot-chunk: 600"));
      String detail = refused(server, 409, "restart-needed").path("detail").asText();
      for (String path : List.of("server.host", "server.port", "state.folder")) {
        assertTrue(detail.contains(path), detail);
      }
      assertFalse(Files.exists(folder.resolve("elsewhere")));
      // What a system would say to it is no reason to refuse, only what the file says is.
      write(good.replace("snapshot-chunk: 500", "snapshot-chunk: 500\n    publication: no_such"));
      assertEquals(Set.of("systems.crm.publication"), changed(reload(server)));
      write(good);
      assertEquals(Set.of("systems.crm.publication"), changed(reload(server)));
      write("# Only a remark.\n" + good);
      assertEquals(Set.of(), changed(reload(server)));
      databases.executeInCrm("INSERT INTO customers (id, name) VALUES (1, 'one')");
      await(billing, "SELECT full_name FROM clients", "one");
    }
  }

  private static JsonNode refused(MirrorServer server, int status, String code)
      throws InterruptedException {
    HttpResponse<String> answer = reload(server);
    assertEquals(status, answer.statusCode(), answer.body());
    assertEquals(
        "application/problem+json", answer.headers().firstValue("Content-Type").orElse(""));
    JsonNode problem = ExactJson.parse(answer.body());
    assertEquals(code, problem.path("code").asText(), problem::toString);
    return problem;
  }

  @Test
  void entitiesComeAndGoAndOneThatComesAgainLacksNothing() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      databases.executeInCrm(
          "INSERT INTO customers (id, name) VALUES (1, 'one')",
          "INSERT INTO orders (id, customer_id, item) VALUES (10, 1, 'a'), (11, 1, 'b')");
      Path config = folder.resolve("unisono.yaml");
      String both = Files.readString(config);
      int entity = both.indexOf("  order:\n");
      int syncs = both.indexOf("syncs:\n");
      String one = both.substring(0, entity) + both.substring(syncs, both.indexOf("  orders:\n"));
      write(one);
      server.start();
      try (EventStream events =
          new EventStream(server.api(), server.process().token(), null, event -> {})) {
        Eventually.isTrue(
            LIMIT,
            "the stream lacks the customer",
            () -> events.picture().records("customer").size() == 1);
        assertEquals(404, server.get("/v1/orders").statusCode());
        write(both);
        assertEquals(Set.of("entities.order", "syncs.orders"), changed(reload(server)));
        await(billing, "SELECT article FROM invoices ORDER BY 1", "a", "b");
        Eventually.isTrue(
            LIMIT,
            "the stream lacks the orders",
            () -> events.picture().records("order").size() == 2);
        Eventually.isTrue(
            LIMIT,
            "the list lacks the orders",
            () -> ExactJson.parse(server.get("/v1/orders").body()).path("items").size() == 2);
        assertEquals(2, status(server).path("syncs").size());
        write(one);
        assertEquals(Set.of("entities.order", "syncs.orders"), changed(reload(server)));
        assertEquals(404, server.get("/v1/orders").statusCode());
        databases.executeInCrm(
            "UPDATE orders SET item = 'c' WHERE id = 10",
            "DELETE FROM orders WHERE id = 11",
            "INSERT INTO orders (id, customer_id, item) VALUES (12, 1, 'd')",
            "INSERT INTO customers (id, name) VALUES (2, 'two')");
        await(billing, "SELECT full_name FROM clients ORDER BY 1", "one", "two");
        assertEquals(List.of("a", "b"), rows(billing, "SELECT article FROM invoices ORDER BY 1"));
        write(both);
        assertEquals(Set.of("entities.order", "syncs.orders"), changed(reload(server)));
        await(billing, "SELECT article FROM invoices ORDER BY 1", "c", "d");
        Eventually.holds(
            LIMIT,
            () -> {
              List<String> items = new ArrayList<>();
              ExactJson.parse(server.get("/v1/orders").body())
                  .path("items")
                  .forEach(item -> items.add(item.path("item").asText()));
              return items.equals(List.of("c", "d")) ? "" : items.toString();
            });
        Eventually.isTrue(
            LIMIT,
            "the stream lacks what changed",
            () -> events.picture().records("order").keySet().equals(Set.of(10L, 12L)));
        assertEquals(1, events.connections(), "the stream was cut");
      }
    }
  }

  @Test
  void secretsAreReadAgainAndASystemThatIsAwayKeepsNothingFromTheRest() throws Exception {
    try (MirroredDatabases databases = MirroredDatabases.start();
        Connection billing = databases.inBilling();
        MirrorServer server = new MirrorServer(databases, folder, 500)) {
      server.start();
      databases.executeInCrm("ALTER ROLE unisono PASSWORD 'another'");
      databases.executeInBilling("ALTER ROLE unisono PASSWORD 'another'");
      Files.writeString(folder.resolve("password"), "another");
      assertEquals(
          Set.of("systems.crm.password", "systems.billing.password"), changed(reload(server)));
      databases.executeInCrm("INSERT INTO customers (id, name) VALUES (1, 'one')");
      await(billing, "SELECT full_name FROM clients", "one");
      int port = databases.billing().port();
      edit(":" + port + "/", ":1/");
      assertEquals(Set.of("systems.billing.url"), changed(reload(server)));
      databases.executeInCrm("INSERT INTO customers (id, name) VALUES (2, 'two')");
      Eventually.isTrue(
          LIMIT, "the record is missing", () -> server.get("/v1/customers/2").statusCode() == 200);
      Eventually.isTrue(
          LIMIT,
          "the target is not away",
          () -> status(server).at("/targets/0/problem/code").asText().equals("unreachable"));
      assertTrue(
          server.get("/metrics").body().contains("unisono_target_up{system=\"billing\"} 0.0"));
      edit(":1/", ":" + port + "/");
      assertEquals(Set.of("systems.billing.url"), changed(reload(server)));
      await(billing, "SELECT full_name FROM clients ORDER BY 1", "one", "two");
    }
  }
}
