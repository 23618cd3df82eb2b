package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * An old PostgreSQL with feet, cents, codes and dates as texts: mirrored to a SQLite, written to by
 * a caller, and merged with it, each member in its own form.
 */
final class ConversionTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String PEOPLE =
      "SELECT id, height, born, status, balance, seen FROM person ORDER BY id";
  private static final String PARTS = "SELECT id, length, made FROM part ORDER BY id";

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final PostgresServer old = PostgresServer.temporary();

  private Connection shop() throws SQLException {
    return DriverManager.getConnection(
        "jdbc:sqlite:" + folder.resolve("shop.db") + "?busy_timeout=30000");
  }

  private void inOld(String... statements) throws SQLException {
    try (Connection connection = old.connect("old")) {
      execute(connection, statements);
    }
  }

  private void inShop(String... statements) throws SQLException {
    try (Connection connection = shop()) {
      execute(connection, statements);
    }
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String each : statements) {
        statement.execute(each);
      }
    }
  }

  private static List<String> rows(Connection connection, String query) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (connection;
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      while (row.next()) {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          values.add(String.valueOf(row.getString(i)));
        }
        rows.add(String.join("|", values));
      }
    }
    return rows;
  }

  private void awaitShop(String query, String... expected) throws Exception {
    await(true, query, expected);
  }

  private void awaitOld(String query, String... expected) throws Exception {
    await(false, query, expected);
  }

  private void await(boolean inShop, String query, String... expected) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          List<String> found = rows(inShop ? shop() : old.connect("old"), query);
          return found.equals(List.of(expected)) ? "" : "there are " + found;
        });
  }

  private void prepare(int port) throws Exception {
    old.createDatabase("old");
    inOld(
        "CREATE TABLE person (id bigint PRIMARY KEY, ft_in text, dob text, st char(1), cents int,"
            + " seen_at bigint)",
        "INSERT INTO person VALUES (1, '5 ft 10 in', '31/01/1980', 'A', 1999, 1767225600)",
        "CREATE TABLE part (id bigint PRIMARY KEY, ft_in text, made_on text)",
        "INSERT INTO part VALUES (1, '1 ft 0 in', '2026-01-31 13:45')",
        "CREATE TABLE item (id bigint PRIMARY KEY, item_name text)",
        "INSERT INTO item VALUES (1, 'bolt')");
    inShop(
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE person (id INTEGER PRIMARY KEY, height TEXT, born TEXT, status TEXT,"
            + " balance TEXT, seen TEXT)",
        "CREATE TABLE part (id INTEGER PRIMARY KEY, length TEXT, made TEXT)",
        "CREATE TABLE item (Id INTEGER PRIMARY KEY, ItemName TEXT)");
    Path password = Files.writeString(folder.resolve("password"), old.password());
    Files.writeString(
        folder.resolve("unisono.yaml"),
        """
        server: { port: %d }
        state: { folder: "%s" }
        systems:
          old: { connector: postgres, url: "%s", user: %s, password: "${file:%s}" }
          shop: { connector: sqlite, file: "%s" }
        entities:
          person:
            plural: people
            key: id
            schema:
              properties:
                id:      { type: integer }
                height:  { type: number }
                born:    { type: string, format: date }
                status:  { type: string }
                balance: { type: number }
                seen:    { type: string, format: date-time }
          part:
            key: id
            schema:
              properties:
                id:     { type: integer }
                length: { type: number }
                made:   { type: string, format: date-time }
          item:
            key: id
            schema: { properties: { id: { type: integer }, itemName: { type: string } } }
        syncs:
          items:
            entity: item
            schema-change: evolve
            members:
              - system: old
                table: public.item
                direction: read
                fields: { "*": snake_case }
              - system: shop
                table: item
                direction: write
                alter-table: true
                fields: { "*": PascalCase }
          people:
            entity: person
            members:
              - system: old
                table: public.person
                direction: read
                fields:
                  height:  { column: ft_in, convert: { unit: ft+in, to: m } }
                  born:    { column: dob, convert: { date: dd/MM/yyyy } }
                  status:  { column: st, convert: { codes: { "A": active, "C": closed } } }
                  balance: { column: cents, convert: { scale: 100 } }
                  seen:    { column: seen_at, convert: { epoch: seconds } }
              - system: shop
                table: person
                direction: write
                fields:
                  height: { convert: { unit: cm, to: m, form: text-with-unit, digits: 1 } }
                  born:   { convert: { date: yyyyMMdd } }
                  status: { convert: { codes: { "open": active } } }
          parts:
            entity: part
            first-load: live
            members:
              - system: old
                table: public.part
                direction: both
                fields:
                  length: { column: ft_in, convert: { unit: ft+in, to: m } }
                  made:
                    column: made_on
                    convert: { date-time: "yyyy-MM-dd HH:mm", zone: Europe/Berlin }
              - { system: shop, table: part, direction: both }
        """
            .formatted(
                port,
                folder.resolve("state"),
                old.jdbcUrl("old"),
                old.user(),
                password,
                folder.resolve("shop.db")));
  }

  @Test
  void eachMemberHasItsOwnFormAndTheRecordHasOne() throws Exception {
    try (old) {
      int port = ServerProcess.freePort();
      prepare(port);
      String config = folder.resolve("unisono.yaml").toString();
      assertTrue(CommandLine.run(0, "check", config).contains("all well"));
      JsonNode plan = ExactJson.parse(CommandLine.run(0, "plan", config, "--json"));
      assertEquals(1, plan.get("syncs").get(2).get("records").asInt(), plan::toString);
      try (ServerProcess server =
          ServerProcess.start(
              ServerProcess.projectFolder(),
              folder.resolve("unisono.yaml"),
              port,
              folder.resolve("state"),
              folder.resolve("server.log"),
              List.of("-Xmx512m"))) {
        server.awaitLive(LIMIT);
        mirrors(server);
        callersWrite(server);
        refusesWhatHasNoForm(server);
        merges();
        namesByConvention(server);
      }
    }
  }

  private void mirrors(ServerProcess server) throws Exception {
    awaitShop(PEOPLE, "1|177.8 cm|19800131|open|19.99|2026-01-01 00:00:00");
    Eventually.isTrue(
        LIMIT,
        "the record",
        () -> server.send(server.request("/v1/people/1").build()).statusCode() == 200);
    JsonNode record = ExactJson.parse(server.send(server.request("/v1/people/1").build()).body());
    assertEquals("1.778", record.path("height").asText());
    assertEquals("1980-01-31", record.path("born").asText());
    assertEquals("active", record.path("status").asText());
    assertEquals("19.99", record.path("balance").asText());
    inOld("UPDATE person SET ft_in = '6 ft 0 in', cents = -5, dob = NULL WHERE id = 1");
    awaitShop(PEOPLE, "1|182.9 cm|null|open|-0.05|2026-01-01 00:00:00");
  }

  private static HttpResponse<String> patch(ServerProcess server, String body) throws Exception {
    return server.send(
        server
            .request("/v1/people/1")
            .header("Content-Type", "application/merge-patch+json")
            .method("PATCH", BodyPublishers.ofString(body))
            .build());
  }

  private void callersWrite(ServerProcess server) throws Exception {
    HttpResponse<String> answer = patch(server, "{\"height\":1.78,\"born\":\"1999-12-31\"}");
    assertEquals(200, answer.statusCode(), answer.body());
    // As the owner has it: to the inch.
    assertEquals("1.778", ExactJson.parse(answer.body()).path("height").asText());
    awaitOld("SELECT ft_in, dob, cents FROM person", "5 ft 10 in|31/12/1999|-5");
    HttpResponse<String> refused = patch(server, "{\"status\":\"lost\"}");
    assertEquals(422, refused.statusCode(), refused.body());
    assertEquals("not-convertible", ExactJson.parse(refused.body()).path("code").asText());
  }

  /** What cannot be read is a dead letter, what cannot be written is parked; the rest goes on. */
  private void refusesWhatHasNoForm(ServerProcess server) throws Exception {
    inOld(
        "INSERT INTO person VALUES (2, 'tall', '31/01/1980', 'A', 1, 1)",
        "INSERT INTO person VALUES (3, '5 ft 0 in', '31/01/1980', 'C', 1, 1)",
        "INSERT INTO person VALUES (4, '5 ft 0 in', '31/01/1980', 'A', 1, 1)");
    awaitShop("SELECT id FROM person ORDER BY id", "1", "4");
    JsonNode status =
        ExactJson.parse(server.send(server.request("/v1/admin/status").build()).body());
    assertEquals(1, status.path("deadLetters").asInt(), status::toString);
    String parked = server.send(server.request("/v1/admin/parked?target=shop").build()).body();
    assertTrue(parked.contains("not-convertible"), parked);
    inOld(
        "UPDATE person SET ft_in = '5 ft 1 in' WHERE id = 2",
        "UPDATE person SET st = 'A' WHERE id = 3");
    awaitShop("SELECT id FROM person ORDER BY id", "1", "2", "3", "4");
  }

  private void merges() throws Exception {
    awaitShop(PARTS, "1|0.3048|2026-01-31 12:45:00");
    inShop(
        "UPDATE part SET length = '1.78' WHERE id = 1",
        "INSERT INTO part VALUES (2, '0.61', '2026-07-01 10:00:00')");
    awaitOld(
        "SELECT id, ft_in, made_on FROM part ORDER BY id",
        "1|5 ft 10 in|2026-01-31 13:45",
        "2|2 ft 0 in|2026-07-01 12:00");
    // By now it has come back and was no edit: what is written there next leaves the rest.
    inOld("UPDATE part SET made_on = '2026-02-01 13:45' WHERE id = 1");
    awaitShop(PARTS, "1|1.78|2026-02-01 12:45:00", "2|0.61|2026-07-01 10:00:00");
    inOld("UPDATE part SET ft_in = '6 ft 0 in' WHERE id = 1");
    awaitShop(PARTS, "1|1.8288|2026-02-01 12:45:00", "2|0.61|2026-07-01 10:00:00");
  }

  private void namesByConvention(ServerProcess server) throws Exception {
    awaitShop("SELECT Id, ItemName FROM item", "1|bolt");
    inOld("ALTER TABLE item ADD COLUMN made_in text", "INSERT INTO item VALUES (2, 'nut', 'Oslo')");
    awaitShop(
        "SELECT name FROM pragma_table_info('item') ORDER BY cid", "Id", "ItemName", "MadeIn");
    awaitShop("SELECT Id, ItemName, MadeIn FROM item ORDER BY 1", "1|bolt|null", "2|nut|Oslo");
    Eventually.isTrue(
        LIMIT,
        "the record with its new field",
        () ->
            server
                .send(server.request("/v1/items/2").build())
                .body()
                .contains("\"madeIn\":\"Oslo\""));
  }
}
