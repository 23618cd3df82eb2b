package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nobody reads or writes across rights, by whichever door: records and fields that a caller is not
 * shown are not there, cannot be found, and cannot be changed; and what rights there are holds for
 * connections that are open already.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class AcrossRightsTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String END = "(end)";

  private static final String POLICY =
      """
      roles:
        germany:
          grants:
            - entities: [customer]
              actions: [read, change, replace, create]
              hide: [balance]
              mask: { email: partial }
              write: [name, country]
              rows: record.country == caller.claims.country
        names:
          grants:
            - { entities: [customer], actions: [read], fields: [name] }
        writer:
          grants:
            - { entities: [customer], actions: [change], write: [name] }
      rules:
        - name: vips
          deny: [write]
          entities: [customer]
          when: record.vip == 1 && !('lead' in caller.roles)
          message: Only leads change VIPs.
      """;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private SqliteFiles files;
  private Path policy;
  private int port;
  private ServerProcess server;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    files = new SqliteFiles(folder);
    policy = folder.resolve("policy.yaml");
    Files.writeString(policy, POLICY);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, email TEXT, country TEXT,"
            + " vip INTEGER, balance INTEGER)",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, item TEXT)",
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
        INSERT INTO customers SELECT i, 'name' || i, 'mail' || i || '@example.org',
          CASE i % 10 WHEN 1 THEN 'DE' ELSE 'FR' END, i = 11, i * 10 FROM n
        """,
        "INSERT INTO orders SELECT id, id, 'item' || id FROM customers");
    port = ServerProcess.freePort();
    server =
        files.serve(
            port,
            """
            systems:
              shop: { connector: sqlite, file: %s }
            entities:
              customer:
                key: id
                index: [name, email, country, balance]
                schema:
                  properties:
                    id: { type: integer }
                    name: { type: string }
                    email: { type: string }
                    country: { type: string }
                    vip: { type: integer }
                    balance: { type: integer }
              order:
                key: id
                index: [customer]
                references: [ { field: customer, entity: customer } ]
                schema:
                  properties:
                    id: { type: integer }
                    customer: { type: integer }
                    item: { type: string }
            syncs:
              customers: { entity: customer, members: [{ system: shop, table: customers, direction: read }] }
              orders: { entity: order, members: [{ system: shop, table: orders, direction: read }] }
            access: { policies: [%s] }
            """
                .formatted(files.file("shop"), policy));
    Eventually.isTrue(
        LIMIT,
        "the orders are read",
        () -> json(send(server.token(), "GET", "/v1/orders/300", "")).has("item"));
  }

  @AfterAll
  void stop() {
    // Streams that are open would be waited for.
    http.shutdownNow();
    server.close();
  }

  private HttpRequest request(String token, String method, String path, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(LIMIT)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .header("Authorization", "Bearer " + token);
    if (!body.isEmpty()) {
      request.header("Content-Type", body.startsWith("<") ? "text/xml" : "application/json");
    }
    return request.build();
  }

  private HttpResponse<String> send(String token, String method, String path, String body)
      throws IOException, InterruptedException {
    return http.send(request(token, method, path, body), BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> response) {
    return ExactJson.parse(response.body());
  }

  private static void refused(int status, String code, HttpResponse<String> response) {
    assertEquals(status, response.statusCode(), response.body());
    assertEquals(code, json(response).path("code").asText(), response.body());
  }

  /** A key that was made with these; its token. */
  private String key(String name, String rest) throws Exception {
    HttpResponse<String> made =
        send(server.token(), "POST", "/v1/admin/keys", "{\"name\":\"" + name + "\"," + rest + "}");
    assertEquals(201, made.statusCode(), made.body());
    return json(made).path("token").asText();
  }

  private String german(String name) throws Exception {
    return key(name, "\"roles\":[\"germany\"],\"claims\":{\"country\":\"DE\"}");
  }

  private static Set<String> fields(JsonNode record) {
    Set<String> names = new TreeSet<>();
    record.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** As the role has it; the balance and the whole address are nowhere. */
  private static void masked(JsonNode record) {
    assertEquals(Set.of("id", "name", "email", "country", "vip"), fields(record), "" + record);
    assertEquals("DE", record.path("country").asText());
    assertTrue(record.path("email").asText().matches("\\*+\\.org"), "" + record);
  }

  @Test
  void aListHasWhatIsShownAndNothingElse() throws Exception {
    String token = german("list");
    List<Integer> found = new ArrayList<>();
    String path = "/v1/customers?limit=7&total=true";
    while (!path.isEmpty()) {
      HttpResponse<String> response = send(token, "GET", path, "");
      assertEquals(200, response.statusCode(), response.body());
      JsonNode page = json(response);
      page.path("items")
          .forEach(item -> {
            masked(item);
            found.add(item.path("id").asInt());
          });
      // How many there are in all is not told, nor can it be counted by what is not shown.
      assertFalse(page.path("total").isNumber(), response.body());
      path = page.has("next") ? "/v1/customers?limit=7&after=" + page.path("next").asText() : "";
    }
    List<Integer> expected = new ArrayList<>();
    for (int id = 1; id <= 300; id += 10) {
      expected.add(id);
    }
    assertEquals(expected, found);
    JsonNode last = json(send(token, "GET", "/v1/customers?sort=-name&limit=3", ""));
    assertEquals(3, last.path("items").size());
    last.path("items").forEach(AcrossRightsTest::masked);
    HttpResponse<String> lines =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/customers"))
                .header("Authorization", "Bearer " + token)
                .header("Accept", "application/x-ndjson")
                .build(),
            BodyHandlers.ofString());
    assertEquals(30, lines.body().lines().count());
    lines.body().lines().forEach(line -> masked(ExactJson.parse(line)));
  }

  @Test
  void nothingIsFoundByWhatIsNotShown() throws Exception {
    String token = german("find");
    for (String query :
        List.of(
            "balance=110",
            "email=mail11@example.org",
            "email[like]=mail11*",
            "sort=balance",
            "sort=-email",
            "or=(balance.gt.100,name.eq.name1)")) {
      HttpResponse<String> response = send(token, "GET", "/v1/customers?" + query, "");
      assertTrue(Set.of(400, 403).contains(response.statusCode()), query + response.body());
      assertFalse(response.body().contains("name11"), query);
    }
    refused(403, "forbidden-field", send(token, "GET", "/v1/customers?balance=110", ""));
    refused(403, "forbidden-field", send(token, "GET", "/v1/customers?sort=-email", ""));
    refused(
        403,
        "forbidden-field",
        send(token, "GET", "/v1/changes/customers?filter=record.balance%20%3E%201", ""));
    assertEquals(1, json(send(token, "GET", "/v1/customers?name=name11", "")).path("items").size());
    assertEquals(0, json(send(token, "GET", "/v1/customers?name=name12", "")).path("items").size());
  }

  @Test
  void aRecordThatIsNotShownIsNotThere() throws Exception {
    String token = german("get");
    masked(json(send(token, "GET", "/v1/customers/11", "")));
    refused(404, "not-found", send(token, "GET", "/v1/customers/12", ""));
    assertEquals(
        json(send(token, "GET", "/v1/customers/12", "")).path("detail"),
        json(send(token, "GET", "/v1/customers/999999", "")).path("detail"));
    assertEquals(Set.of(), fields(json(send(token, "GET", "/v1/customers/11?fields=balance", ""))));
    refused(403, "forbidden", send(token, "GET", "/v1/orders/11", ""));
    refused(403, "forbidden", send(token, "GET", "/v1/customers/11?embed=orders", ""));
    String names = key("names", "\"roles\":[\"names\"]");
    assertEquals(Set.of("id", "name"), fields(json(send(names, "GET", "/v1/customers/12", ""))));
    String scoped = key("scoped", "\"scopes\":[\"order:read\"]");
    refused(403, "forbidden", send(scoped, "GET", "/v1/customers/12", ""));
    // The order is shown, and the customer that it refers to is not.
    assertEquals(200, send(scoped, "GET", "/v1/orders/12", "").statusCode());
    refused(403, "forbidden", send(scoped, "GET", "/v1/orders/12?embed=customer", ""));
  }

  @Test
  void writesAcrossRightsAreRefusedAndSayWhy() throws Exception {
    String token = german("write");
    HttpResponse<String> changed = send(token, "PATCH", "/v1/customers/21", "{\"name\":\"new\"}");
    assertEquals(200, changed.statusCode(), changed.body());
    masked(json(changed));
    refused(403, "forbidden", send(token, "PATCH", "/v1/customers/21", "{\"balance\":1}"));
    refused(403, "forbidden", send(token, "PATCH", "/v1/customers/21", "{\"email\":\"x@y.z\"}"));
    refused(403, "forbidden", send(token, "PATCH", "/v1/customers/21", "{\"country\":\"FR\"}"));
    refused(404, "not-found", send(token, "PATCH", "/v1/customers/22", "{\"name\":\"x\"}"));
    refused(403, "forbidden", send(token, "DELETE", "/v1/customers/21", ""));
    // What it does not say would be nothing afterwards, the balance too.
    refused(
        403,
        "forbidden",
        send(token, "PUT", "/v1/customers/21", "{\"name\":\"x\",\"country\":\"DE\"}"));
    refused(
        403, "forbidden", send(token, "POST", "/v1/customers", "{\"id\":900,\"country\":\"FR\"}"));
    refused(
        403,
        "forbidden",
        send(token, "POST", "/v1/customers", "{\"id\":900,\"country\":\"DE\",\"balance\":1}"));
    HttpResponse<String> vip = send(token, "PATCH", "/v1/customers/11", "{\"name\":\"x\"}");
    refused(403, "forbidden", vip);
    assertTrue(vip.body().contains("vips"), vip.body());
    assertTrue(vip.body().contains("Only leads change VIPs."), vip.body());
    assertTrue(vip.body().contains("line "), vip.body());
    assertEquals(
        "name11", json(send(server.token(), "GET", "/v1/customers/11", "")).path("name").asText());
    JsonNode whole = json(send(server.token(), "GET", "/v1/customers/21", ""));
    assertEquals("mail21@example.org", whole.path("email").asText());
    assertEquals(210, whole.path("balance").asInt());
    String names = key("names-write", "\"roles\":[\"names\"]");
    refused(403, "forbidden", send(names, "PATCH", "/v1/customers/21", "{\"name\":\"x\"}"));
  }

  @Test
  void whoMayWriteAndNotReadIsToldTheKeyAlone() throws Exception {
    String token = key("writer", "\"roles\":[\"writer\"]");
    HttpResponse<String> changed = send(token, "PATCH", "/v1/customers/62", "{\"name\":\"new\"}");
    assertEquals(200, changed.statusCode(), changed.body());
    assertEquals(Set.of("id"), fields(json(changed)));
    refused(403, "forbidden", send(token, "PATCH", "/v1/customers/62", "{\"balance\":1}"));
    refused(403, "forbidden", send(token, "GET", "/v1/customers/62", ""));
  }

  @Test
  void graphqlShowsNoMore() throws Exception {
    String token = german("graphql");
    JsonNode answer =
        json(
            send(
                token,
                "POST",
                "/v1/graphql",
                "{\"query\":\"{ customers(limit: 100) { items { id email country balance } } a:"
                    + " customer(id: 11) { id balance } b: customer(id: 12) { id } order(id: 11) {"
                    + " id } }\"}"));
    JsonNode data = answer.path("data");
    assertEquals(30, data.path("customers").path("items").size(), "" + answer);
    data.path("customers")
        .path("items")
        .forEach(item -> {
          assertEquals("DE", item.path("country").asText());
          assertTrue(item.path("balance").isNull(), "" + item);
          assertTrue(item.path("email").asText().startsWith("*"), "" + item);
        });
    assertTrue(data.path("a").path("balance").isNull());
    assertTrue(data.path("b").isNull(), "" + answer);
    assertTrue(data.path("order").isNull(), "" + answer);
    assertTrue(answer.path("errors").toString().contains("forbidden"), "" + answer);
    JsonNode written =
        json(
            send(
                token,
                "POST",
                "/v1/graphql",
                "{\"query\":\"mutation { changeCustomer(id: 21, record: { balance: 5 }) { record {"
                    + " id } } }\"}"));
    assertTrue(written.has("errors"), "" + written);
  }

  @Test
  void soapShowsNoMore() throws Exception {
    String token = german("soap");
    String envelope =
        "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>%s"
            + "</soap:Body></soap:Envelope>";
    String wsdl = send(token, "GET", "/v1/soap/customers?wsdl", "").body();
    String namespace = wsdl.replaceAll("(?s).*targetNamespace=\"([^\"]+)\".*", "$1");
    HttpResponse<String> shown =
        send(
            token,
            "POST",
            "/v1/soap/customers",
            envelope.formatted(
                "<GetCustomer xmlns=\"" + namespace + "\"><id>11</id></GetCustomer>"));
    HttpResponse<String> hidden =
        send(
            token,
            "POST",
            "/v1/soap/customers",
            envelope.formatted(
                "<GetCustomer xmlns=\"" + namespace + "\"><id>12</id></GetCustomer>"));
    assertEquals(200, shown.statusCode(), shown.body());
    assertTrue(shown.body().contains("name11"), shown.body());
    assertFalse(shown.body().contains("mail11"), shown.body());
    assertFalse(shown.body().contains("balance"), shown.body());
    assertFalse(hidden.body().contains("name12"), hidden.body());
    assertTrue(hidden.body().contains("not-found"), hidden.body());
  }

  /** The events of a stream, line by line, and in the end that it has ended. */
  private BlockingQueue<String> sse(String token, String path) throws Exception {
    HttpResponse<InputStream> response =
        http.send(request(token, "GET", path, ""), BodyHandlers.ofInputStream());
    assertEquals(200, response.statusCode());
    BlockingQueue<String> data = new LinkedBlockingQueue<>();
    Thread.ofVirtual()
        .start(() -> {
          try (BufferedReader in =
              new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            String event = "";
            for (String line = in.readLine(); line != null; line = in.readLine()) {
              if (line.startsWith("event: ")) {
                event = line.substring(7);
              } else if (line.startsWith("data: ")) {
                data.add(event + " " + line.substring(6));
              }
            }
          } catch (IOException cut) {
            // Told as its end.
          }
          data.add(END);
        });
    return data;
  }

  private static String next(BlockingQueue<String> events) throws InterruptedException {
    String event = events.poll(30, TimeUnit.SECONDS);
    assertNotNull(event, "nothing came for 30 s");
    return event;
  }

  private static JsonNode data(String event) {
    return ExactJson.parse(event.substring(event.indexOf(' ') + 1));
  }

  @Test
  void aStreamTellsWhatComesAndGoesAndNothingOfOthers() throws Exception {
    String token = german("sse");
    BlockingQueue<String> events = sse(token, "/v1/changes/customers");
    BlockingQueue<String> all = sse(token, "/v1/changes");
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    WebSocket socket = socket(token, frames);
    socket.sendText("{\"subscribe\":\"s\",\"entity\":\"customer\"}", true).join();
    assertTrue(next(frames).contains("subscribed"));
    files.execute(
        "shop",
        "UPDATE customers SET name = 'unseen' WHERE id = 32",
        "UPDATE orders SET item = 'unseen' WHERE id = 31",
        "UPDATE customers SET name = 'seen' WHERE id = 31",
        "UPDATE customers SET country = 'FR' WHERE id = 31",
        "UPDATE customers SET name = 'away' WHERE id = 31",
        "UPDATE customers SET country = 'DE' WHERE id = 31",
        "UPDATE customers SET balance = 1 WHERE id = 41");
    for (BlockingQueue<String> stream : List.of(events, all)) {
      told("updated", "seen", next(stream));
      // SQLite's log does not say what a record was: that it is another's now is not told.
      told("updated", "away", next(stream));
      String last = next(stream);
      told("updated", "name41", last);
      assertFalse(last.contains("balance"), last);
    }
    for (String event : List.of("updated", "updated", "updated")) {
      String frame = next(frames);
      assertEquals(event, ExactJson.parse(frame).path("event").asText(), frame);
      assertFalse(frame.contains("balance") || frame.contains("example"), frame);
    }
    socket
        .sendText(
            "{\"update\":\"w\",\"entity\":\"customer\",\"key\":{\"id\":41},"
                + "\"record\":{\"balance\":7}}",
            true)
        .join();
    assertTrue(next(frames).contains("error"));
    socket.sendText("{\"subscribe\":\"o\",\"entity\":\"order\"}", true).join();
    String refused = next(frames);
    assertTrue(refused.contains("forbidden"), refused);
    socket.abort();
    BlockingQueue<String> snapshot = sse(token, "/v1/changes/customers?snapshot=true");
    for (int i = 0; i < 30; i++) {
      masked(data(next(snapshot)).path("record"));
    }
    refused(403, "forbidden", send(token, "GET", "/v1/changes/orders", ""));
  }

  private static void told(String event, String name, String line) {
    assertTrue(line.startsWith(event + " "), line);
    JsonNode record = data(line).path("record");
    masked(record);
    assertEquals(name, record.path("name").asText(), line);
  }

  private WebSocket socket(String token, BlockingQueue<String> frames) {
    return http.newWebSocketBuilder()
        .header("Authorization", "Bearer " + token)
        .buildAsync(
            URI.create("ws://127.0.0.1:" + port + "/v1/stream"),
            new WebSocket.Listener() {
              private final StringBuilder text = new StringBuilder();

              @Override
              public @Nullable CompletionStage<?> onText(
                  WebSocket webSocket, CharSequence part, boolean last) {
                text.append(part);
                if (last) {
                  frames.add(text.toString());
                  text.setLength(0);
                }
                webSocket.request(1);
                return null;
              }

              @Override
              public @Nullable CompletionStage<?> onClose(
                  WebSocket webSocket, int code, String reason) {
                frames.add(code + " " + reason);
                return null;
              }
            })
        .join();
  }

  @Test
  void whatIsTakenAwayEndsWhatIsOpen() throws Exception {
    String token = german("revoked");
    BlockingQueue<String> events = sse(token, "/v1/changes/customers");
    BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    WebSocket socket = socket(token, frames);
    socket.sendText("{\"subscribe\":\"s\"}", true).join();
    assertTrue(next(frames).contains("subscribed"));
    assertEquals(204, send(server.token(), "DELETE", "/v1/admin/keys/revoked", "").statusCode());
    refused(401, "wrong-token", send(token, "GET", "/v1/customers/11", ""));
    assertEquals(END, next(events));
    assertTrue(next(frames).startsWith("4403 "));
    socket.abort();
  }

  @Test
  void aChangedPolicyHoldsForWhatIsOpen() throws Exception {
    String token = german("reloaded");
    String untouched = key("untouched", "\"roles\":[\"viewer\"]");
    BlockingQueue<String> events = sse(token, "/v1/changes/customers");
    BlockingQueue<String> others = sse(untouched, "/v1/changes/customers");
    Files.writeString(policy, POLICY.replace("hide: [balance]", "hide: [balance, vip]"));
    HttpResponse<String> reloaded = send(server.token(), "POST", "/v1/admin/reload", "");
    assertEquals(200, reloaded.statusCode(), reloaded.body());
    assertTrue(reloaded.body().contains("access"), reloaded.body());
    assertEquals(END, next(events));
    assertFalse(json(send(token, "GET", "/v1/customers/51", "")).has("vip"));
    Files.writeString(policy, "roles: { germany: { grants: [ { actions: [raed] } ] } }");
    HttpResponse<String> broken = send(server.token(), "POST", "/v1/admin/reload", "");
    assertEquals(422, broken.statusCode(), broken.body());
    assertTrue(broken.body().contains("raed"), broken.body());
    assertFalse(json(send(token, "GET", "/v1/customers/51", "")).has("vip"));
    Files.writeString(policy, POLICY);
    assertEquals(200, send(server.token(), "POST", "/v1/admin/reload", "").statusCode());
    assertTrue(json(send(token, "GET", "/v1/customers/51", "")).has("vip"));
    // Whose rights are the same as before has not been cut off.
    files.execute("shop", "UPDATE customers SET name = 'still' WHERE id = 52");
    assertTrue(next(others).contains("still"));
  }

  @Test
  void recordsAreSentToNobodyWhoMayNotSeeThem() throws Exception {
    String operator = key("operator", "\"roles\":[\"operator\"]");
    String endpoint = "{\"url\":\"https://example.org/\"}";
    refused(403, "forbidden", send(operator, "POST", "/v1/admin/webhooks", endpoint));
    refused(403, "forbidden", send(operator, "GET", "/v1/customers/11", ""));
    assertEquals(200, send(operator, "GET", "/v1/admin/status", "").statusCode());
    String viewer = key("viewer", "\"roles\":[\"viewer\"]");
    refused(403, "forbidden", send(viewer, "POST", "/v1/admin/webhooks", endpoint));
    refused(403, "forbidden", send(viewer, "PATCH", "/v1/customers/11", "{\"name\":\"x\"}"));
  }
}
