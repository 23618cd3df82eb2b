package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unisono.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Changes are sent to webhook endpoints: all of them, in order, whatever fails. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WebhookTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The one address that the server's config names: this machine's, and yet not the usual one. */
  private static final String ALLOWED = "127.0.0.2";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private SqliteFiles files;
  private String config;
  private int port;
  private ServerProcess server;
  private int nextId = 1_000;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    port = ServerProcess.freePort();
    config =
        """
        webhooks: { allow: [%s/32] }
        systems:
          shop: { connector: sqlite, file: %s }
        entities:
          item:
            key: id
            schema:
              required: [name]
              properties:
                id: { type: integer }
                name: { type: string }
        syncs:
          items: { entity: item, members: [{ system: shop, table: items, direction: read }] }
        """
            .formatted(ALLOWED, files.file("shop"));
    server = files.serve(port, config);
  }

  @AfterAll
  void stop() {
    http.close();
    server.close();
  }

  private HttpResponse<String> ask(String method, String path, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(LIMIT)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .header("Authorization", "Bearer " + server.token())
            .build(),
        BodyHandlers.ofString());
  }

  private JsonNode expect(int status, String method, String path, String body) throws Exception {
    HttpResponse<String> response = ask(method, path, body);
    assertEquals(status, response.statusCode(), response.body());
    return JSON.readTree(response.body().isEmpty() ? "{}" : response.body());
  }

  private JsonNode register(String members) throws Exception {
    return expect(201, "POST", "/v1/admin/webhooks", "{" + members + "}");
  }

  private static String path(JsonNode endpoint) {
    return "/v1/admin/webhooks/" + endpoint.path("id").asLong();
  }

  private void remove(JsonNode endpoint) throws Exception {
    expect(204, "DELETE", path(endpoint), "");
  }

  private synchronized int insert(String name) throws Exception {
    int id = nextId++;
    files.execute("shop", "INSERT INTO items VALUES (" + id + ", '" + name + "')");
    return id;
  }

  private void awaitHead(JsonNode endpoint) throws Exception {
    Eventually.isTrue(
        LIMIT,
        "it has not passed all there is",
        () -> expect(200, "GET", path(endpoint), "").path("lagEntries").asLong() == 0);
  }

  @Test
  void everyChangeArrivesInOrderOfItsKeyThoughTheEndpointFailsAndTheServerIsKilled()
      throws Exception {
    Random random = new Random(42);
    int keys = 12;
    int changes = 90;
    try (HookEndpoint hook = new HookEndpoint(ALLOWED)) {
      hook.answers((exchange, _) -> {
        synchronized (random) {
          int chance = random.nextInt(10);
          if (chance == 0) {
            exchange.getResponseHeaders().add("Retry-After", "0");
            return 503;
          }
          return chance < 3 ? 500 : 200;
        }
      });
      JsonNode endpoint =
          register(
              "\"url\":\""
                  + hook.url()
                  + "\",\"filter\":\"record.id < 100\",\"entities\":[\"item\"]");
      Map<Integer, List<String>> written = new HashMap<>();
      Random which = new Random(7);
      try (Connection shop = files.connect("shop");
          Statement statement = shop.createStatement()) {
        for (int i = 0; i < changes; i++) {
          int id = which.nextInt(keys);
          String name = "n" + i;
          statement.execute(
              "INSERT INTO items VALUES ("
                  + id
                  + ", '"
                  + name
                  + "') ON CONFLICT DO UPDATE SET name = excluded.name");
          written.computeIfAbsent(id, _ -> new ArrayList<>()).add(name);
          if (i == changes / 2) {
            Eventually.isTrue(LIMIT, "nothing comes", () -> hook.requests().size() >= 20);
            server.kill();
            server = files.serve(port, config);
          }
        }
      }
      awaitHead(endpoint);
      Eventually.holds(LIMIT, () -> lacking(hook, written));
      checkOrder(hook, written);
      checkIds(hook);
      for (HookEndpoint.Request request : hook.requests()) {
        assertTrue(HookEndpoint.signed(request, endpoint.path("secret").asText()));
      }
      JsonNode log = expect(200, "GET", path(endpoint) + "/deliveries?limit=1000", "");
      assertTrue(log.path("items").size() >= changes);
      remove(endpoint);
    }
  }

  private static JsonNode data(HookEndpoint.Request request) throws Exception {
    return JSON.readTree(request.body()).path("data");
  }

  private static String lacking(HookEndpoint hook, Map<Integer, List<String>> written)
      throws Exception {
    Set<String> names = new HashSet<>();
    for (HookEndpoint.Request request : hook.requests()) {
      if (request.status() == 200) {
        names.add(data(request).path("record").path("name").asText());
      }
    }
    long lacking =
        written.values().stream()
            .flatMap(List::stream)
            .filter(each -> !names.contains(each))
            .count();
    return lacking == 0 ? "" : lacking + " changes have not arrived";
  }

  /** Of what was taken, repeats left out. */
  private static void checkOrder(HookEndpoint hook, Map<Integer, List<String>> written)
      throws Exception {
    Map<Integer, List<String>> received = new HashMap<>();
    Set<String> seen = new HashSet<>();
    for (HookEndpoint.Request request : hook.requests()) {
      if (request.status() == 200 && seen.add(request.id())) {
        JsonNode record = data(request).path("record");
        if (!record.isMissingNode()) {
          received
              .computeIfAbsent(record.path("id").asInt(), _ -> new ArrayList<>())
              .add(record.path("name").asText());
        }
      }
    }
    assertEquals(written, received);
  }

  /** One id is one message, at each attempt. */
  private static void checkIds(HookEndpoint hook) {
    Map<String, String> bodies = new HashMap<>();
    int repeats = 0;
    for (HookEndpoint.Request request : hook.requests()) {
      String before = bodies.put(request.id(), request.body());
      if (before != null) {
        repeats++;
        assertEquals(before, request.body());
      }
    }
    assertTrue(repeats > 0, "something was sent more than once");
    assertEquals(bodies.size(), Set.copyOf(bodies.values()).size());
  }

  @Test
  void aSecretIsShownOnceAndARotatedOneSignsBesideTheNewOne() throws Exception {
    try (HookEndpoint hook = new HookEndpoint(ALLOWED)) {
      JsonNode made = register("\"url\":\"" + hook.url() + "\",\"description\":\"mine\"");
      String first = made.path("secret").asText();
      assertTrue(first.startsWith("whsec_"), first);
      String shown = ask("GET", path(made), "").body();
      assertFalse(shown.contains("whsec_"), shown);
      assertFalse(ask("GET", "/v1/admin/webhooks", "").body().contains("whsec_"));
      assertEquals("mine", JSON.readTree(shown).path("description").asText());
      String second = expect(200, "POST", path(made) + "/secret", "").path("secret").asText();
      assertNotEquals(first, second);
      insert("rotated");
      Eventually.isTrue(LIMIT, "nothing comes", () -> !hook.requests().isEmpty());
      HookEndpoint.Request request = hook.requests().getFirst();
      assertTrue(HookEndpoint.signed(request, first));
      assertTrue(HookEndpoint.signed(request, second));
      assertFalse(server.lastLines().contains("whsec_"));
      remove(made);
      expect(404, "GET", path(made), "");
    }
  }

  @Test
  void anEndpointSeesWhatItAskedFor() throws Exception {
    try (HookEndpoint hook = new HookEndpoint(ALLOWED)) {
      JsonNode made =
          register(
              "\"url\":\""
                  + hook.url()
                  + "\",\"entities\":[\"item\"],\"filter\":\"record.name == 'wanted'\","
                  + "\"payload\":\"key\",\"format\":\"cloudevents\"");
      insert("other");
      int id = insert("wanted");
      Eventually.isTrue(LIMIT, "nothing comes", () -> !hook.requests().isEmpty());
      awaitHead(made);
      HookEndpoint.Request request = hook.requests().getFirst();
      assertEquals(1, hook.requests().size());
      assertEquals("application/cloudevents+json", request.type());
      JsonNode event = JSON.readTree(request.body());
      assertEquals("dev.unisono.item.created", event.path("type").asText());
      assertEquals(id, event.path("data").path("key").path("id").asInt());
      assertTrue(event.path("data").path("record").isMissingNode());
      hook.forget();
      expect(200, "PATCH", path(made), "{\"format\":null,\"filter\":null}");
      insert("any");
      Eventually.isTrue(LIMIT, "nothing comes", () -> !hook.requests().isEmpty());
      JsonNode plain = JSON.readTree(hook.requests().getFirst().body());
      assertEquals("item.created", plain.path("type").asText());
      String cursor = plain.path("cursor").asText();
      insert("later");
      Eventually.isTrue(LIMIT, "not both", () -> hook.requests().size() >= 2);
      hook.forget();
      expect(200, "POST", path(made) + "/replay", "{\"after\":\"" + cursor + "\"}");
      Eventually.isTrue(LIMIT, "nothing comes again", () -> !hook.requests().isEmpty());
      assertNotEquals(
          cursor, JSON.readTree(hook.requests().getFirst().body()).path("cursor").asText());
      remove(made);
    }
  }

  @Test
  void whoDoesNotWantAnyIsDisabledAndEnabledAgain() throws Exception {
    try (HookEndpoint hook = new HookEndpoint(ALLOWED)) {
      hook.answers((_, _) -> 410);
      JsonNode made = register("\"url\":\"" + hook.url() + "\"");
      insert("unwanted");
      Eventually.isTrue(
          LIMIT,
          "it is not disabled",
          () -> !expect(200, "GET", path(made), "").path("enabled").asBoolean());
      assertEquals(
          "gone", expect(200, "GET", path(made), "").path("disabled").path("code").asText());
      hook.answers((_, _) -> 200);
      hook.forget();
      JsonNode enabled = expect(200, "POST", path(made) + "/enable", "");
      assertTrue(enabled.path("disabled").isNull());
      Eventually.isTrue(LIMIT, "what was not taken", () -> !hook.requests().isEmpty());
      remove(made);
    }
  }

  @Test
  void redirectsAreNotFollowed() throws Exception {
    try (HookEndpoint hook = new HookEndpoint(ALLOWED);
        HookEndpoint inner = new HookEndpoint("127.0.0.1")) {
      hook.answers((exchange, _) -> {
        exchange.getResponseHeaders().add("Location", inner.url());
        return 307;
      });
      JsonNode made = register("\"url\":\"" + hook.url() + "\"");
      insert("redirected");
      Eventually.isTrue(LIMIT, "not tried again", () -> hook.requests().size() >= 2);
      assertEquals(List.of(), inner.requests());
      JsonNode first = expect(200, "GET", path(made) + "/deliveries", "").path("items").path(0);
      assertEquals("refused", first.path("outcome").asText());
      assertEquals(307, first.path("status").asInt());
      remove(made);
    }
  }

  @Test
  void addressesOfThisMachineAndOfPrivateNetworksAreRefused() throws Exception {
    for (String url :
        List.of(
            "http://127.0.0.1:1/",
            "https://127.0.0.1/",
            "https://localhost/",
            "https://2130706433/",
            "https://10.1.2.3/",
            "https://172.31.0.1/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://224.0.0.1/",
            "https://[::1]/",
            "https://[::]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[ff02::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/")) {
      HttpResponse<String> refused = ask("POST", "/v1/admin/webhooks", "{\"url\":\"" + url + "\"}");
      assertEquals(422, refused.statusCode(), url + ": " + refused.body());
    }
  }

  @Test
  void whatCannotBeIsRefused() throws Exception {
    for (String[] each :
        new String[][] {
          {"{\"url\":\"ftp://example.com/\"}", "422", "bad-url"},
          {"{\"url\":\"https://me:you@example.com/\"}", "422", "bad-url"},
          {"{\"url\":\"nonsense\"}", "422", "bad-url"},
          {"{}", "422", "invalid-value"},
          {"[]", "400", "bad-body"},
          {"{", "400", "bad-body"},
          {"{\"url\":\"http://127.0.0.2:9/\",\"filtre\":\"x\"}", "400", "unknown-field"},
          {"{\"url\":\"http://127.0.0.2:9/\",\"entities\":[\"no\"]}", "404", "unknown-entity"},
          {"{\"url\":\"http://127.0.0.2:9/\",\"filter\":\"record.id > 1\"}", "400", "bad-filter"},
          {"{\"url\":\"http://127.0.0.2:9/\",\"payload\":\"half\"}", "400", "bad-parameter"},
          {"{\"url\":\"http://127.0.0.2:9/\",\"after\":\"u1.x\"}", "400", "bad-cursor"},
          {"{\"url\":\"http://127.0.0.2:9/\",\"enabled\":3}", "422", "invalid-value"}
        }) {
      JsonNode problem = expect(Integer.parseInt(each[1]), "POST", "/v1/admin/webhooks", each[0]);
      assertEquals(each[2], problem.path("code").asText(), each[0]);
    }
    expect(404, "GET", "/v1/admin/webhooks/99999", "");
    expect(400, "GET", "/v1/admin/webhooks/none", "");
  }
}
