package dev.unisono.systemtests;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Conflicts that a person is to decide wait for it, through kills, and hold nothing else up. */
final class ConflictTest {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  private Path folder;

  @Test
  void conflictsWaitThroughKillsAndAreWhatAPersonDecides() throws Exception {
    try (MergedMembers members =
        new MergedMembers(folder, "{ deletes: ask, fields: { city: manual, visits: sum } }")) {
      members.execute(
          "crm",
          "INSERT INTO customer VALUES (1, 'Ada', 'London', 1, 0), (2, 'Bob', 'Rome', 2, 0),"
              + " (3, 'Cem', 'Bonn', 3, 0), (4, 'Dia', 'Oslo', 4, 0)");
      members.start();
      awaitEverywhere(members, row(1, "London"), row(2, "Rome"), row(3, "Bonn"), row(4, "Oslo"));
      members.kill();
      // Nobody knows of the others here.
      members.execute("crm", "UPDATE customer SET city = 'Kyiv' WHERE id = 1");
      members.execute("shop", "UPDATE customer SET city = 'Lima' WHERE id = 1");
      members.execute("crm", "UPDATE customer SET city = 'Pisa' WHERE id = 2");
      members.execute("billing", "UPDATE customer SET city = 'Nice' WHERE id = 2");
      members.execute("billing", "DELETE FROM customer WHERE id = 3");
      members.execute("shop", "UPDATE customer SET city = 'Graz' WHERE id = 3");
      members.start();
      members.execute("billing", "UPDATE customer SET city = 'Bern' WHERE id = 4");
      Eventually.holds(LIMIT, () -> open(members, 3));
      String kept = list(members, "&entity=customer&key=1").at("/items/0/kept/value").asText();
      String other = list(members, "&entity=customer&key=2").at("/items/0/kept/value").asText();
      String[] rows = {row(1, kept), row(2, other), row(3, "Graz"), row(4, "Bern")};
      awaitEverywhere(members, rows);
      members.kill();
      members.start();
      Eventually.holds(LIMIT, () -> open(members, 3));
      awaitEverywhere(members, rows);
      assertShown(members);
      decideAll(members);
      awaitEverywhere(members, row(1, "Lima"), row(2, "Turin"), row(4, "Bern"));
      Eventually.holds(LIMIT, () -> open(members, 0));
      assertEquals(3, list(members, "&state=decided").path("items").size());
      makeItARule(members);
    }
  }

  /** What decides of one is written into the config, and decides of all that wait. */
  private static void makeItARule(MergedMembers members) throws Exception {
    members.kill();
    members.execute("shop", "UPDATE customer SET city = 'Cork' WHERE id = 1");
    members.execute("billing", "UPDATE customer SET city = 'Linz' WHERE id = 2");
    members.execute("crm", "UPDATE customer SET city = 'Metz' WHERE id IN (1, 2)");
    members.start();
    Eventually.holds(LIMIT, () -> open(members, 2));
    String id = list(members, "&entity=customer&key=1").at("/items/0/id").asText();
    String config = members.config().toString();
    String refused = CommandLine.run(2, "conflicts", "rule", config, id, "newest");
    assertTrue(refused.contains("wrong-value"), refused);
    String before = Files.readString(members.config());
    CommandLine.run(2, "conflicts", "rule", config, id, "sum");
    assertEquals(before, Files.readString(members.config()), "no sum of texts");
    String told = CommandLine.run(0, "conflicts", "rule", config, id, "latest");
    assertTrue(told.contains("syncs.customers.conflict.fields.city is latest"), told);
    assertTrue(told.contains("2 that waited are decided"), told);
    assertEquals(
        before.replace("city: manual", "city: latest"), Files.readString(members.config()));
    awaitEverywhere(members, row(1, "Metz"), row(2, "Metz"), row(4, "Bern"));
    Eventually.holds(LIMIT, () -> open(members, 0));
  }

  @Test
  void thePageShowsThemAndAPersonPicks() throws Exception {
    try (MergedMembers members = new MergedMembers(folder, "{ strategy: manual, deletes: ask }");
        Chromium browser = Chromium.start()) {
      members.execute(
          "crm",
          "INSERT INTO customer VALUES (1, 'Ada', 'London', 1, 0), (2, 'Bob', 'Rome', 2, 0)");
      members.start();
      awaitEverywhere(members, row(1, "London"), row(2, "Rome"));
      members.kill();
      members.execute("crm", "UPDATE customer SET city = 'Kyiv' WHERE id = 1");
      members.execute("shop", "UPDATE customer SET city = 'Lima' WHERE id = 1");
      members.execute("billing", "DELETE FROM customer WHERE id = 2");
      members.execute("shop", "UPDATE customer SET city = 'Graz' WHERE id = 2");
      members.start();
      Eventually.holds(LIMIT, () -> open(members, 2));
      for (ColorScheme colours : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
        for (int width : List.of(1440, 360)) {
          try (Visit visit = browser.visit(colours, width)) {
            visit.signIn(signInLink(members));
            assertThat(visit.page().locator(".conflict")).hasCount(2);
            assertThat(visit.page().locator(".verdict")).containsText("2 conflicts");
            PageTest.assertUsable(visit.page());
            // For whoever wants to see it.
            visit
                .page()
                .screenshot(
                    new Page.ScreenshotOptions()
                        .setFullPage(true)
                        .setPath(Path.of("target", "conflicts", colours + "-" + width + ".png")));
          }
        }
      }
      try (Visit visit = browser.visit()) {
        visit.signIn(signInLink(members));
        makeItARule(visit.page(), "customer 1", "the newest edit");
        pick(visit.page(), "customer 2", "Take that of billing");
        assertThat(visit.page().locator(".conflicts")).hasCount(0);
        assertEquals(List.of(), visit.complaints());
      }
      awaitEverywhere(members, row(1, "Lima"));
      assertTrue(
          Files.readString(members.config())
              .contains("conflict: { strategy: manual, deletes: ask, fields: { city: latest } }"),
          "the rule is in the config");
    }
  }

  private static void makeItARule(Page page, String record, String words) {
    Locator conflict = page.locator(".conflict", new Page.LocatorOptions().setHasText(record));
    conflict.locator("summary").click();
    // For whoever wants to see it.
    page.screenshot(
        new Page.ScreenshotOptions()
            .setFullPage(true)
            .setPath(Path.of("target", "conflicts", "rule.png")));
    conflict.locator(".rules button", new Locator.LocatorOptions().setHasText(words)).click();
    assertThat(conflict).hasCount(0);
  }

  private static void pick(Page page, String record, String side) {
    page.locator(".conflict", new Page.LocatorOptions().setHasText(record))
        .locator("button", new Locator.LocatorOptions().setHasText(side))
        .click();
  }

  private static String signInLink(MergedMembers members) throws InterruptedException {
    HttpResponse<String> answer =
        members
            .running()
            .send(
                members
                    .running()
                    .request("/v1/admin/sign-in-links")
                    .POST(BodyPublishers.noBody())
                    .build());
    return ExactJson.parse(answer.body()).path("url").asText();
  }

  private static String row(int id, String city) {
    String name = List.of("Ada", "Bob", "Cem", "Dia").get(id - 1);
    return "(" + id + "," + name + "," + city + "," + id + ".00,0)";
  }

  private static void awaitEverywhere(MergedMembers members, String... rows) throws Exception {
    Eventually.holds(
        LIMIT,
        () -> {
          for (String name : MergedMembers.NAMES) {
            if (!members.rows(name).equals(List.of(rows))) {
              return name + " has " + members.rows(name);
            }
          }
          return "";
        });
  }

  private static String open(MergedMembers members, int count) throws InterruptedException {
    JsonNode status = get(members, "/v1/admin/status");
    JsonNode open = status.at("/merges/open/0");
    return open.path("conflicts").asInt(-1) == count ? "" : open.toString();
  }

  private static JsonNode get(MergedMembers members, String path) throws InterruptedException {
    return ExactJson.parse(text(members, path));
  }

  private static String text(MergedMembers members, String path) throws InterruptedException {
    return members.running().send(members.running().request(path).GET().build()).body();
  }

  private static JsonNode list(MergedMembers members, String query) throws InterruptedException {
    return get(members, "/v1/admin/conflicts?limit=10" + query);
  }

  private static void assertShown(MergedMembers members) throws InterruptedException {
    JsonNode first = get(members, "/v1/admin/conflicts?limit=2");
    assertEquals(2, first.path("items").size());
    JsonNode rest = list(members, "&state=open&after=" + first.path("next").asLong());
    assertEquals(1, rest.path("items").size());
    assertTrue(rest.path("next").isNull());
    JsonNode one = list(members, "&entity=customer&key=1").at("/items/0");
    assertEquals("city", one.path("field").asText(), one::toString);
    assertEquals("manual", one.path("rule").asText(), one::toString);
    assertEquals("London", one.path("base").asText(), one::toString);
    JsonNode ready = get(members, "/health/ready");
    assertEquals("customers: 3 to decide", ready.at("/degraded/0").asText(), ready::toString);
    assertTrue(
        text(members, "/metrics").contains("unisono_merge_conflicts_open{sync=\"customers\"} 3.0"));
  }

  private static void decideAll(MergedMembers members) throws InterruptedException {
    long ada = list(members, "&entity=customer&key=1").at("/items/0/id").asLong();
    long bob = list(members, "&entity=customer&key=2").at("/items/0/id").asLong();
    long cem = list(members, "&entity=customer&key=3").at("/items/0/id").asLong();
    assertEquals(422, decide(members, ada, "{\"pick\": \"billing\"}").statusCode());
    assertEquals(400, decide(members, ada, "{\"picks\": \"shop\"}").statusCode());
    assertEquals(422, decide(members, bob, "{\"value\": 7}").statusCode());
    assertEquals(404, decide(members, 99, "{\"pick\": \"shop\"}").statusCode());
    HttpResponse<String> picked = decide(members, ada, "{\"pick\": \"shop\"}");
    assertEquals(200, picked.statusCode(), picked::body);
    assertEquals("shop", ExactJson.parse(picked.body()).at("/decision/pick").asText());
    assertEquals(409, decide(members, ada, "{\"pick\": \"shop\"}").statusCode());
    assertEquals(200, decide(members, bob, "{\"value\": \"Turin\"}").statusCode());
    assertEquals(200, decide(members, cem, "{\"pick\": \"billing\"}").statusCode());
  }

  private static HttpResponse<String> decide(MergedMembers members, long id, String body)
      throws InterruptedException {
    return members
        .running()
        .send(
            members
                .running()
                .request("/v1/admin/conflicts/" + id + "/decision")
                .POST(BodyPublishers.ofString(body))
                .build());
  }
}
