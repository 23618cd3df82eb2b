package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.testkit.ServerProcess;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What one of two members that both write has refused, and what a person makes of it. */
final class MergedLettersTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final int port = ServerProcess.freePort();

  private SqliteFiles databases() {
    return new SqliteFiles(folder);
  }

  /** The row 1 of a member. */
  private String row(String name) throws SQLException {
    try (Connection connection = databases().connect(name);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT name, email FROM person WHERE id = 1")) {
      return row.next() ? row.getString(1) + ", " + row.getString(2) : "none";
    }
  }

  private void awaitRow(String name, String expected) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          String found = row(name);
          return found.equals(expected) ? "" : name + " has " + found;
        });
  }

  private Path prepare() throws Exception {
    for (String name : List.of("crm", "shop")) {
      databases()
          .execute(
              name,
              "PRAGMA journal_mode = WAL",
              "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, email TEXT)");
    }
    return Files.writeString(
        folder.resolve("unisono.yaml"),
        """
        server: { port: %d }
        state: { folder: "%s" }
        systems:
          crm: { connector: sqlite, file: "%s" }
          shop: { connector: sqlite, file: "%s" }
        entities:
          person:
            key: id
            schema:
              properties:
                id:    { type: integer }
                name:  { type: string }
                email: { type: string, format: email }
        syncs:
          people:
            entity: person
            members:
              - { system: crm, table: person, direction: both }
              - { system: shop, table: person, direction: both }
        """
            .formatted(
                port,
                folder.resolve("state"),
                folder.resolve("crm.db"),
                folder.resolve("shop.db")));
  }

  private static JsonNode ask(ServerProcess server, String method, String path, BodyPublisher body)
      throws Exception {
    HttpResponse<String> answer =
        server.send(
            server
                .request(path)
                .header("Content-Type", "application/merge-patch+json")
                .method(method, body)
                .build());
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static JsonNode letters(ServerProcess server) throws Exception {
    return ask(server, "GET", "/v1/admin/dead-letters", BodyPublishers.noBody()).path("items");
  }

  /** The number of the only letter that waits, once its row has this name. */
  private static long letter(ServerProcess server, String name) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          JsonNode items = letters(server);
          return items.size() == 1 && items.get(0).at("/row/name").asText().equals(name)
              ? ""
              : items.toString();
        });
    return letters(server).get(0).path("id").asLong();
  }

  @Test
  void whatAPersonCorrectsIsToldToAllMembersAndBothWaysStayOpen() throws Exception {
    Path config = prepare();
    try (ServerProcess server =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            config,
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of("-Xmx512m"))) {
      server.awaitLive(LIMIT);
      Eventually.isTrue(
          LIMIT,
          "all are read",
          () ->
              server
                  .send(server.request("/health/ready").build())
                  .body()
                  .contains("AWAITING_LIVE"));
      CommandLine.run(0, "live", "people", "--config", config.toString());
      databases().execute("crm", "INSERT INTO person VALUES (1, 'Ada', 'no address')");
      long id = letter(server, "Ada");
      assertEquals("none", row("shop"));
      String path = "/v1/admin/dead-letters/" + id;
      JsonNode edited =
          ask(server, "PATCH", path, BodyPublishers.ofString("{\"email\":\"ada@example.org\"}"));
      assertTrue(edited.path("wrong").isEmpty(), edited::toString);
      JsonNode replayed = ask(server, "POST", path + "/replay", BodyPublishers.noBody());
      assertEquals("replayed", replayed.path("state").asText(), replayed::toString);
      awaitRow("shop", "Ada, ada@example.org");
      awaitRow("crm", "Ada, ada@example.org");
      // Of a change that is refused nothing gets through, and what it had takes effect later.
      databases().execute("crm", "UPDATE person SET name = 'Augusta', email = 'none' WHERE id = 1");
      letter(server, "Augusta");
      assertEquals("Ada, ada@example.org", row("shop"));
      // Mended there, it passes, and both ways are open.
      databases().execute("crm", "UPDATE person SET email = 'augusta@example.org' WHERE id = 1");
      awaitRow("shop", "Augusta, augusta@example.org");
      Eventually.isTrue(LIMIT, "no letter waits", () -> letters(server).isEmpty());
      databases().execute("shop", "UPDATE person SET name = 'Ada L' WHERE id = 1");
      awaitRow("crm", "Ada L, augusta@example.org");
    }
  }
}
