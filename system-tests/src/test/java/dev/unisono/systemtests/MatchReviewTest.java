package dev.unisono.systemtests;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import dev.unisono.testkit.ServerProcess;
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
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Two systems that write the same people differently: linked, asked about and decided. */
final class MatchReviewTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  private final int port = ServerProcess.freePort();

  private SqliteFiles databases() {
    return new SqliteFiles(folder);
  }

  private Set<String> people(String name) throws SQLException {
    Set<String> people = new TreeSet<>();
    try (Connection connection = databases().connect(name);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT first_name, last_name FROM person")) {
      while (row.next()) {
        String person = row.getString(1) + " " + row.getString(2);
        assertTrue(people.add(person), () -> name + " has twice " + person);
      }
    }
    return people;
  }

  private String prepare() throws Exception {
    String table =
        "CREATE TABLE person (id INTEGER PRIMARY KEY, first_name TEXT, last_name TEXT, postal_code"
            + " TEXT)";
    databases()
        .execute(
            "crm",
            "PRAGMA journal_mode = WAL",
            table,
            "INSERT INTO person VALUES (1, 'Anna', 'Müller', '10115'), (2, 'Bruno', 'Schmidt', '20095'),"
                + " (3, 'Clara', 'Voss', '50667')");
    databases()
        .execute(
            "shop",
            "PRAGMA journal_mode = WAL",
            table,
            "INSERT INTO person VALUES (1001, 'ANNA', 'Mueller', '10115'), (1002, 'Brumo', 'Schmitt',"
                + " '20095'), (1003, 'Klara', 'Voß', '50667')");
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
                match:
                  - fuzzy:
                      block:
                        - { field: postal_code }
                        - { field: last_name, by: phonetic }
                      compare:
                        - { field: first_name, weight: 2 }
                        - { field: last_name, weight: 3 }
                      link: 0.97
                      review: 0.8
                schema:
                  properties:
                    id:          { type: integer }
                    first_name:  { type: string }
                    last_name:   { type: string }
                    postal_code: { type: string }
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
                    folder.resolve("shop.db")))
        .toString();
  }

  private ServerProcess launch() throws InterruptedException {
    ServerProcess started =
        ServerProcess.start(
            ServerProcess.projectFolder(),
            folder.resolve("unisono.yaml"),
            port,
            folder.resolve("state"),
            folder.resolve("server.log"),
            List.of("-Xmx512m"));
    started.awaitLive(LIMIT);
    return started;
  }

  private static JsonNode read(ServerProcess server, String path) throws Exception {
    HttpResponse<String> answer = server.send(server.request(path).build());
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  private static HttpResponse<String> decide(ServerProcess server, long id, String body)
      throws InterruptedException {
    return server.send(
        server
            .request("/v1/admin/matches/" + id + "/decide")
            .POST(BodyPublishers.ofString(body))
            .build());
  }

  @Test
  void isAskedOnceAndKeepsWhatWasSaid() throws Exception {
    String config = prepare();
    String plan = CommandLine.run(0, "plan", config);
    assertTrue(plan.contains("2 to review"), plan);
    assertTrue(plan.contains("review 1002: It may be crm [2]: 0.9284."), plan);
    try (ServerProcess server = launch()) {
      awaitRead(server);
      assertEquals(2, read(server, "/v1/admin/matches").path("items").size());
      server.kill();
    }
    try (ServerProcess server = launch()) {
      awaitRead(server);
      decideAll(server, config);
      CommandLine.run(0, "live", "people", "--config", config);
      for (String name : List.of("crm", "shop")) {
        Set<String> expected = Set.of("Anna Müller", "Bruno Schmidt", "Clara Voss", "Klara Voß");
        Eventually.holds(
            LIMIT, () -> people(name).equals(expected) ? "" : name + " has " + people(name));
      }
      String history =
          CommandLine.run(0, "links", "history", "person", "crm", "2", "--config", config);
      // Whichever of the two members was read first has the older record.
      assertTrue(
          history.matches("(?s).*joined (shop \\{id=1002}|crm \\{id=2})  by person 0\\.9.*"),
          history);
      assertTrue(history.contains(": the same address"), history);
      String linked =
          CommandLine.run(0, "links", "history", "person", "crm", "1", "--config", config);
      assertTrue(
          linked.matches("(?s).*linked (shop \\{id=1001}|crm \\{id=1})  by fuzzy 1\\.0.*"), linked);
      assertTrue(
          read(server, "/v1/admin/status")
              .path("merges")
              .path("matches")
              .toString()
              .contains("\"open\":0"));
    }
  }

  private static void awaitRead(ServerProcess server) throws Exception {
    Eventually.isTrue(
        LIMIT,
        "all are read",
        () ->
            server.send(server.request("/health/ready").build()).body().contains("AWAITING_LIVE"));
  }

  /** What is left, in a browser: side by side, wide and narrow. */
  private static void decideOnThePage(ServerProcess server) throws Exception {
    HttpResponse<String> link =
        server.send(
            server.request("/v1/admin/sign-in-links").POST(BodyPublishers.noBody()).build());
    String url = JSON.readTree(link.body()).path("url").asText();
    try (Chromium browser = Chromium.start();
        Visit visit = browser.visit(ColorScheme.DARK, 360)) {
      visit.signIn(url);
      Locator match = visit.page().locator(".match");
      assertThat(match).hasCount(1);
      assertThat(match).containsText("person: 95 % alike");
      assertThat(match.locator("tbody tr").first()).containsText("Klara");
      assertThat(visit.page().locator(".verdict")).containsText("1 pair of records");
      PageTest.assertUsable(visit.page());
      visit.page().setViewportSize(1440, 1000);
      PageTest.assertUsable(visit.page());
      // For whoever wants to see it.
      visit
          .page()
          .screenshot(
              new Page.ScreenshotOptions()
                  .setFullPage(true)
                  .setPath(Path.of("target", "matches.png")));
      match.locator("button", new Locator.LocatorOptions().setHasText("Different")).click();
      assertThat(match).hasCount(0);
      assertEquals(List.of(), visit.complaints());
    }
  }

  /** Two are one, and two are two: by the API and on the page. */
  private static void decideAll(ServerProcess server, String config) throws Exception {
    JsonNode page = read(server, "/v1/admin/matches?entity=person&state=open&limit=1");
    JsonNode first = page.path("items").get(0);
    long next = page.path("next").asLong();
    assertEquals(first.path("id").asLong(), next);
    JsonNode second = read(server, "/v1/admin/matches?after=" + next).path("items").get(0);
    JsonNode bruno = first.toString().contains("Bruno") ? first : second;
    JsonNode clara = bruno.equals(first) ? second : first;
    assertEquals("first_name", bruno.path("comparisons").get(0).path("fields").get(0).asText());
    assertTrue(bruno.path("score").asDouble() >= 0.8, bruno::toString);
    assertTrue(bruno.toString().contains("\"Schmitt\""), bruno::toString);
    assertTrue(
        server.send(server.request("/health/ready").build()).body().contains("people: 2 to match"));
    String listed = CommandLine.run(0, "matches", "list", config);
    assertTrue(listed.contains("2 matches"), listed);
    long id = bruno.path("id").asLong();
    assertEquals(400, decide(server, id, "{\"reason\":\"x\"}").statusCode());
    assertEquals(404, decide(server, 999, "{\"same\":true}").statusCode());
    HttpResponse<String> same =
        decide(server, id, "{\"same\":true,\"reason\":\"the same address\"}");
    assertEquals(200, same.statusCode(), same.body());
    assertTrue(same.body().contains("\"state\":\"same\""), same.body());
    HttpResponse<String> again = decide(server, id, "{\"same\":false}");
    assertEquals(409, again.statusCode());
    assertTrue(again.body().contains("match-decided"), again.body());
    decideOnThePage(server);
    JsonNode decided = read(server, "/v1/admin/matches/" + clara.path("id").asLong());
    assertEquals("different", decided.path("state").asText());
    assertEquals(0, read(server, "/v1/admin/matches?state=open").path("items").size());
  }
}
