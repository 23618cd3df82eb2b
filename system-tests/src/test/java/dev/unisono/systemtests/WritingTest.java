package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Records are written by HTTP as its rules and ours have it, and nothing is written twice. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WritingTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private SqliteFiles files;
  private String config;
  private int port;
  private ServerProcess server;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
            + " amount TEXT, note TEXT DEFAULT 'none')",
        "CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER, spare INTEGER, made INTEGER)",
        "CREATE TABLE seats (hall TEXT, number INTEGER, taken TEXT, PRIMARY KEY (hall, number))");
    port = ServerProcess.freePort();
    config =
        """
        systems:
          shop: { connector: sqlite, file: %s }
        entities:
          item:
            key: id
            index: [name]
            schema:
              required: [name]
              properties:
                id: { type: integer }
                name: { type: string, maxLength: 20 }
                amount: { type: string, format: decimal }
                note: { type: string }
          seat:
            key: [hall, number]
            schema:
              properties:
                hall: { type: string }
                number: { type: integer }
                taken: { type: string }
          part:
            key: id
            references:
              - { field: item, entity: item }
            schema:
              properties:
                id: { type: integer }
                item: { type: integer }
        syncs:
          parts: { entity: part, members: [{ system: shop, table: parts, direction: read }] }
          items: { entity: item, members: [{ system: shop, table: items, direction: read }] }
          seats: { entity: seat, members: [{ system: shop, table: seats, direction: read }] }
        """
            .formatted(files.file("shop"));
    server = files.serve(port, config);
  }

  @AfterAll
  void stop() {
    http.close();
    server.close();
  }

  private HttpRequest request(String method, String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(LIMIT)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .header("Authorization", "Bearer " + server.token());
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    if (headers.length > 0) {
      for (int i = 0; i < headers.length; i += 2) {
        request.setHeader(headers[i], headers[i + 1]);
      }
    }
    return request.build();
  }

  private HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    return http.send(request(method, path, body, headers), BodyHandlers.ofString());
  }

  private static String header(HttpResponse<String> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  private static JsonNode json(HttpResponse<String> response) {
    return ExactJson.parse(response.body());
  }

  private static void refused(int status, String code, HttpResponse<String> response) {
    assertEquals(status, response.statusCode(), response.body());
    assertEquals(code, json(response).path("code").asText(), response.body());
    assertEquals("application/problem+json", header(response, "Content-Type"));
  }

  @Test
  void aRecordIsMadeReplacedChangedAndDeleted() throws Exception {
    HttpResponse<String> made =
        send("POST", "/v1/items", "{\"name\":\"chair\",\"amount\":\"12.50\"}");
    assertEquals(201, made.statusCode(), made.body());
    String path = header(made, "Location");
    assertEquals("/v1/items/" + json(made).path("id").asLong(), path);
    assertEquals("none", json(made).path("note").asText(), "the owner's default");
    assertEquals(
        made.body(), send("GET", path, "", "Unisono-After", header(made, "Unisono-Cursor")).body());

    HttpResponse<String> replaced = send("PUT", path, "{\"name\":\"stool\"}");
    assertEquals(200, replaced.statusCode(), replaced.body());
    assertTrue(json(replaced).path("amount").isNull(), replaced.body());
    assertTrue(json(replaced).path("note").isNull(), replaced.body());

    HttpResponse<String> changed =
        send("PATCH", path, "{\"amount\":\"3\"}", "If-Match", header(replaced, "ETag"));
    assertEquals("stool", json(changed).path("name").asText());
    refused(
        412, "version-mismatch", send("DELETE", path, "", "If-Match", header(replaced, "ETag")));

    HttpResponse<String> deleted = send("DELETE", path, "", "If-Match", header(changed, "ETag"));
    assertEquals(204, deleted.statusCode());
    assertEquals("", deleted.body());
    refused(410, "gone", send("GET", path, "", "Unisono-After", header(deleted, "Unisono-Cursor")));
    refused(410, "gone", send("DELETE", path, ""));
    assertEquals("", files.rows("shop", "SELECT * FROM items WHERE name IN ('chair', 'stool')"));
  }

  @Test
  void aRecordOfACompositeKeyIsPutWhereItsPathSays() throws Exception {
    String path = "/v1/seats/A%2CB%20%C3%A4,7";
    HttpResponse<String> made = send("PUT", path, "{\"taken\":\"yes\"}", "If-None-Match", "*");
    assertEquals(201, made.statusCode(), made.body());
    assertEquals(path, header(made, "Location"));
    assertEquals("A,B ä", json(made).path("hall").asText());
    refused(412, "precondition-failed", send("PUT", path, "{}", "If-None-Match", "*"));
    assertEquals(200, send("PUT", path, "{\"number\":7}", "If-Match", "*").statusCode());
    refused(422, "key-immutable", send("PUT", path, "{\"number\":8}"));
    refused(412, "precondition-failed", send("PUT", "/v1/seats/A,8", "{}", "If-Match", "*"));
    refused(409, "exists", send("POST", "/v1/seats", "{\"hall\":\"A,B ä\",\"number\":7}"));
  }

  @Test
  void whatIsWrongIsSaidAndNothingIsWritten() throws Exception {
    String before = files.rows("shop", "SELECT count(*) FROM items");
    refused(422, "invalid-value", send("POST", "/v1/items", "{\"amount\":\"1\"}"));
    refused(
        422, "invalid-value", send("POST", "/v1/items", "{\"name\":\"" + "x".repeat(21) + "\"}"));
    refused(400, "unknown-field", send("POST", "/v1/items", "{\"nam\":\"x\"}"));
    refused(400, "bad-body", send("POST", "/v1/items", "[1]"));
    refused(400, "unknown-parameter", send("POST", "/v1/items?a=b", "{\"name\":\"x\"}"));
    refused(
        415,
        "unsupported-media-type",
        send("POST", "/v1/items", "<a/>", "Content-Type", "application/xml"));
    refused(
        412,
        "version-mismatch",
        send("POST", "/v1/items", "{\"name\":\"x\"}", "If-Match", "\"1\""));
    refused(404, "not-found", send("POST", "/v1/itemz", "{\"name\":\"x\"}"));
    refused(404, "not-found", send("DELETE", "/v1/items/987654", ""));
    refused(400, "bad-header", send("PUT", "/v1/items/1", "{}", "If-None-Match", "\"1\""));
    refused(400, "bad-header", send("PUT", "/v1/items/1", "{}", "If-Match", "\"1\", \"2\""));
    refused(
        413,
        "body-too-large",
        send("POST", "/v1/items", "{\"name\":\"" + "x".repeat(1 << 20) + "\"}"));
    assertEquals(before, files.rows("shop", "SELECT count(*) FROM items"));
  }

  @Test
  void aPreferenceIsHeeded() throws Exception {
    HttpResponse<String> made =
        send("POST", "/v1/items", "{\"name\":\"lamp\"}", "Prefer", "return=minimal, wait=20");
    assertEquals(201, made.statusCode());
    assertEquals("", made.body());
    assertEquals("return=minimal, wait=20", header(made, "Preference-Applied"));
    HttpResponse<String> changed =
        send("PATCH", header(made, "Location"), "{\"note\":\"x\"}", "Prefer", "return=minimal");
    assertEquals(204, changed.statusCode());
    assertFalse(header(changed, "ETag").isEmpty());
  }

  @Test
  void aNamedRequestIsDoneOnceHoweverOftenItIsSent() throws Exception {
    String body = "{\"name\":\"once\"}";
    List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      sent.add(
          http.sendAsync(
              request("POST", "/v1/items", body, "Idempotency-Key", "\"order-1\""),
              BodyHandlers.ofString()));
    }
    Set<String> answers = new HashSet<>();
    for (CompletableFuture<HttpResponse<String>> each : sent) {
      HttpResponse<String> response = each.get();
      if (response.statusCode() == 409) {
        refused(409, "request-running", response);
      } else {
        assertEquals(201, response.statusCode(), response.body());
        answers.add(response.body() + header(response, "ETag") + header(response, "Location"));
      }
    }
    assertEquals(1, answers.size(), answers.toString());
    assertEquals("1\n", files.rows("shop", "SELECT count(*) FROM items WHERE name = 'once'"));
    HttpResponse<String> again = send("POST", "/v1/items", body, "Idempotency-Key", "order-1");
    assertEquals("true", header(again, "Idempotency-Replayed"));
    refused(
        422,
        "key-reused",
        send("POST", "/v1/items", "{\"name\":\"two\"}", "Idempotency-Key", "order-1"));
    refused(400, "bad-header", send("POST", "/v1/items", body, "Idempotency-Key", "a b"));
    // What was refused stays refused, though it would do now.
    refused(422, "refused-by-owner", send("POST", "/v1/items", body, "Idempotency-Key", "order-2"));
    assertEquals(204, send("DELETE", header(again, "Location"), "").statusCode());
    refused(422, "refused-by-owner", send("POST", "/v1/items", body, "Idempotency-Key", "order-2"));
  }

  private List<JsonNode> lines(HttpResponse<String> response) {
    assertEquals(200, response.statusCode(), response.body());
    assertEquals("application/x-ndjson", header(response, "Content-Type"));
    return response.body().lines().map(ExactJson::parse).toList();
  }

  private HttpResponse<String> sendLines(String method, String path, String lines, String... more)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(request(method, path, lines, more), (_, _) -> true)
            .setHeader("Content-Type", "application/x-ndjson");
    return http.send(request.build(), BodyHandlers.ofString());
  }

  @Test
  void manyRecordsAreWrittenInOneRequest() throws Exception {
    int count = 300;
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < count; i++) {
      // Each tenth is not as it must be; blank lines count and are nothing else.
      body.append(i % 10 == 3 ? "{\"amount\":\"1\"}\n" : "{\"name\":\"many " + i + "\"}\r\n");
    }
    List<JsonNode> told = lines(sendLines("POST", "/v1/items", body.toString()));
    assertEquals(count + 1, told.size());
    for (int i = 0; i < count; i++) {
      JsonNode line = told.get(i);
      assertEquals(i + 1, line.path("line").asInt());
      assertEquals(i % 10 == 3 ? 422 : 201, line.path("status").asInt(), line.toString());
    }
    JsonNode last = told.getLast();
    assertTrue(last.path("whole").asBoolean());
    assertEquals(count, last.path("lines").asInt());
    assertEquals(count * 9 / 10, last.path("done").asInt());
    assertEquals(count / 10, last.path("failed").asInt());
    assertEquals(
        count * 9 / 10 + "\n",
        files.rows("shop", "SELECT count(*) FROM items WHERE name LIKE 'many %'"));

    // All of them, as lines again; the position of the answer shows what was written.
    HttpResponse<String> whole =
        send(
            "GET",
            "/v1/items?name%5Blike%5D=many%20*&fields=id,name&sort=-name",
            "",
            "Accept",
            "application/x-ndjson",
            "Unisono-After",
            last.path("cursor").asText());
    List<JsonNode> all = lines(whole);
    assertEquals(count * 9 / 10, all.size());
    assertEquals("many 99", all.getFirst().path("name").asText());

    StringBuilder gone = new StringBuilder("\n");
    all.forEach(each -> gone.append("{\"id\":" + each.path("id").asLong() + "}\n"));
    gone.append("{\"id\":987654}\n{\"id\":1,\"name\":\"x\"}\n{}");
    List<JsonNode> deleted =
        lines(sendLines("DELETE", "/v1/items", gone.toString(), "Prefer", "return=minimal"));
    assertEquals(
        "404 400 422",
        deleted.stream()
            .limit(3)
            .map(each -> each.path("status").asText())
            .collect(Collectors.joining(" ")));
    assertEquals(4, deleted.size(), deleted::toString);
    assertEquals("0\n", files.rows("shop", "SELECT count(*) FROM items WHERE name LIKE 'many %'"));
  }

  @Test
  void linesOfOneKeyAreDoneOneAfterTheOther() throws Exception {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      body.append("{\"hall\":\"Z\",\"number\":" + i % 3 + ",\"taken\":\"" + i + "\"}\n");
    }
    List<JsonNode> told = lines(sendLines("PUT", "/v1/seats", body.toString()));
    assertEquals(3, told.stream().filter(each -> each.path("status").asInt() == 201).count());
    assertEquals(100, told.getLast().path("done").asInt());
    assertEquals(
        "0,99\n1,97\n2,98\n",
        files.rows("shop", "SELECT number, taken FROM seats WHERE hall = 'Z' ORDER BY number"));
    List<JsonNode> patched =
        lines(
            sendLines(
                "PATCH",
                "/v1/seats",
                "{\"hall\":\"Z\",\"number\":0,\"taken\":null}\n{\"taken\":\"x\"}\nno\n"));
    assertEquals(200, patched.getFirst().path("status").asInt());
    assertEquals("key-missing", patched.get(1).at("/problem/code").asText());
    assertEquals("bad-body", patched.get(2).at("/problem/code").asText());
    refused(415, "unsupported-media-type", send("PUT", "/v1/seats", "{}"));
    refused(400, "bad-header", sendLines("PUT", "/v1/seats", "{}", "Idempotency-Key", "many"));
    List<JsonNode> tooLong =
        lines(sendLines("PUT", "/v1/seats", "{\"hall\":\"" + "x".repeat(1 << 20) + "\"}"));
    assertEquals("body-too-large", tooLong.getLast().at("/problem/code").asText());
    assertFalse(tooLong.getLast().path("whole").asBoolean());
    // What nobody reads any more holds nothing up, neither this answer nor the next.
    refused(400, "unknown-parameter", sendLines("PUT", "/v1/seats?a=b", "{}\n".repeat(1 << 20)));
    assertEquals(200, send("GET", "/v1/seats", "").statusCode());
  }

  @Test
  void whatARecordRefersToStandsInsideIt() throws Exception {
    HttpResponse<String> item = send("POST", "/v1/items", "{\"name\":\"whole\"}");
    long id = json(item).path("id").asLong();
    for (int part = 0; part < 3; part++) {
      HttpResponse<String> made =
          send("PUT", "/v1/parts/" + part, part == 2 ? "{}" : "{\"item\":" + id + "}");
      assertEquals(201, made.statusCode(), made.body());
    }
    JsonNode list = json(send("GET", "/v1/parts?embed=item&fields=id", ""));
    for (int part = 0; part < 3; part++) {
      JsonNode record = list.path("items").get(part);
      assertEquals(part, record.path("id").asInt());
      assertTrue(record.path("item").isMissingNode(), "only the fields that were asked for");
      assertEquals(
          part == 2 ? "" : "whole", record.at("/_embedded/item/name").asText(), list.toString());
    }
    HttpResponse<String> one = send("GET", "/v1/parts/0?embed=item", "");
    assertEquals(id, json(one).at("/_embedded/item/id").asLong());
    assertEquals("", header(one, "ETag"), "it would not name what stands inside");
    refused(400, "unknown-relation", send("GET", "/v1/parts?embed=itme", ""));
    refused(400, "unknown-relation", send("GET", "/v1/items?embed=part", ""));
  }

  @Test
  void aNamedRequestIsDoneOnceAlsoWhereTheServerIsKilled() throws Exception {
    int made = 30;
    for (int i = 0; i < made; i++) {
      String body = "{\"name\":\"killed " + i + "\"}";
      String key = "kill-" + i;
      CompletableFuture<HttpResponse<String>> answer =
          http.sendAsync(
              request("POST", "/v1/items", body, "Idempotency-Key", key), BodyHandlers.ofString());
      if (i % 10 == 9) {
        // Amid it, or a moment before or after: whichever it is, it holds.
        Thread.onSpinWait();
        server.kill();
        server = files.serve(port, config);
      }
      boolean answered = answer.handle((response, failed) -> failed == null).get();
      HttpResponse<String> again = send("POST", "/v1/items", body, "Idempotency-Key", key);
      long rows =
          Long.parseLong(
              files
                  .rows("shop", "SELECT count(*) FROM items WHERE name = 'killed " + i + "'")
                  .strip());
      if (again.statusCode() == 201) {
        assertEquals(1, rows, again.body());
      } else {
        assertFalse(answered, "an answer was given and not kept: " + again.body());
        refused(409, "outcome-unknown", again);
        assertTrue(rows <= 1, "written " + rows + " times");
      }
    }
  }
}
