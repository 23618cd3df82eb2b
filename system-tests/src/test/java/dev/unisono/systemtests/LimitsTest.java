package dev.unisono.systemtests;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.RedisServer;
import dev.unisono.testkit.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** How much callers may ask for is the same at all doors, and each tells it in its own way. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LimitsTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private static final String RULES =
      """
      limits:
        trusted-proxies: [127.0.0.1/32]
        rules:
          - { name: items, by: caller, for: { routes: ["/v1/items*"] }, levels: [5/d, 1000/s] }
          - { name: guessing, by: address, for: { tiers: [unknown] }, levels: [3/d] }
          - { name: frames, by: address, for: { routes: ["/v1/stream"] }, levels: [4/d] }
          - { name: calls, by: address, for: { routes: ["/unisono.v1.Records/*"] }, levels: [2/d] }
          - { name: documents, by: [caller, address], counts: graphql-cost, levels: [1000/d] }
          - name: queue
            by: caller
            for: { routes: ["/v1/notes"] }
            algorithm: leaky-bucket
            levels: [20/s]
            throttle: 30s
          - { name: events, by: address, counts: deliveries, levels: [20/s] }
      systems:
        shop: { connector: sqlite, file: %s }
      entities:
        item: { key: id, schema: { properties: { id: { type: integer }, name: { type: string } } } }
        note: { key: id, schema: { properties: { id: { type: integer }, name: { type: string } } } }
      syncs:
        items: { entity: item, members: [{ system: shop, table: items, direction: read }] }
        notes: { entity: note, members: [{ system: shop, table: notes, direction: read }] }
      """;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Path folder;
  private ServerProcess server;
  private int addresses;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    this.folder = folder;
    SqliteFiles files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO items VALUES (1, 'Ada')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)"
            + " INSERT INTO notes SELECT i, 'n' || i FROM n");
    server = files.serve(ServerProcess.freePort(), RULES.formatted(files.file("shop")));
    Eventually.isTrue(
        LIMIT,
        "the notes",
        () -> ExactJson.parse(get("/v1/notes?total=true").body()).path("total").asInt() == 60);
  }

  @AfterAll
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private HttpResponse<String> get(String path) throws InterruptedException {
    return server.send(server.request(path).build());
  }

  /** One of its own for each test, so that none counts what another has asked. */
  private String address() {
    return "198.51.100." + ++addresses;
  }

  @Test
  void restTellsHowTheLimitsStandAndRefusesWhatIsBeyond() throws Exception {
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> answer = get("/v1/items/1");
      assertEquals(200, answer.statusCode(), answer.body());
      assertEquals(
          "\"items-d\";q=5;w=86400, \"items-s\";q=1000;w=1",
          answer.headers().firstValue("RateLimit-Policy").orElse(""));
      assertTrue(
          answer
              .headers()
              .firstValue("RateLimit")
              .orElse("")
              .startsWith("\"items-d\";r=" + (4 - i) + ";t="),
          answer.headers().toString());
      assertEquals("5", answer.headers().firstValue("X-RateLimit-Limit").orElse(""));
      assertEquals("" + (4 - i), answer.headers().firstValue("X-RateLimit-Remaining").orElse(""));
    }
    HttpResponse<String> refused = get("/v1/items");
    assertEquals(429, refused.statusCode(), refused.body());
    JsonNode problem = ExactJson.parse(refused.body());
    assertEquals("rate-limited", problem.path("code").asText());
    long after = Long.parseLong(refused.headers().firstValue("Retry-After").orElse("0"));
    assertTrue(after > 0 && after <= 86_400 / 5, "Retry-After is " + after);
    assertEquals(after, problem.path("retryAfter").asLong());
    assertEquals("0", refused.headers().firstValue("X-RateLimit-Remaining").orElse(""));
    assertEquals(200, get("/health/live").statusCode());
    HttpResponse<String> free = get("/v1/admin/entities");
    assertEquals(200, free.statusCode());
    assertTrue(free.headers().firstValue("RateLimit").isEmpty(), free.headers().toString());
    String metrics = get("/metrics").body();
    assertTrue(metrics.contains("unisono_limit_refusals_total{rule=\"items\"} 1"), metrics);
  }

  @Test
  void whoTriesOutTokensIsLimitedByTheirAddress() throws Exception {
    String mine = address();
    for (int i = 0; i < 3; i++) {
      assertEquals(401, guess(mine).statusCode());
    }
    HttpResponse<String> refused = guess(mine);
    assertEquals(429, refused.statusCode(), refused.body());
    assertEquals(401, guess(address()).statusCode(), "another address");
    assertEquals(429, guess("203.0.113.9, " + mine).statusCode(), "what a caller says itself");
  }

  private HttpResponse<String> guess(String forwardedFor) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(server.api() + "/v1/notes"))
            .header("Authorization", "Bearer uni_wrong")
            .header("X-Forwarded-For", forwardedFor)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** A client of the WebSocket that keeps what it is told. */
  private final class Frames implements WebSocket.Listener {
    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final StringBuilder begun = new StringBuilder();
    private final WebSocket socket;

    Frames(String forwardedFor) throws Exception {
      socket =
          http.newWebSocketBuilder()
              .header("Authorization", "Bearer " + server.token())
              .header("X-Forwarded-For", forwardedFor)
              .buildAsync(URI.create(server.api().replace("http:", "ws:") + "/v1/stream"), this)
              .join();
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
      begun.append(text);
      if (last) {
        told.add(begun.toString());
        begun.setLength(0);
      }
      return WebSocket.Listener.super.onText(from, text, last);
    }

    void say(String frame) {
      socket.sendText(frame, true).join();
    }

    JsonNode next() throws Exception {
      String frame = told.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
      assertNotNull(frame, "nothing is told");
      return ExactJson.parse(frame);
    }
  }

  @Test
  void framesThatSubscribeOrWriteAreLimitedAndTheConnectionLives() throws Exception {
    String mine = address();
    Frames frames = new Frames(mine);
    for (int i = 0; i < 3; i++) {
      frames.say("{\"subscribe\":\"s" + i + "\",\"entity\":\"item\"}");
      assertEquals("s" + i, frames.next().path("subscribed").asText());
    }
    frames.say("{\"subscribe\":\"s9\",\"entity\":\"item\"}");
    JsonNode refused = frames.next();
    assertEquals("s9", refused.path("sub").asText(), refused.toString());
    assertEquals("rate-limited", refused.at("/error/code").asText());
    assertTrue(refused.at("/error/retryAfter").asLong() > 0);
    frames.say("{\"delete\":\"w1\",\"entity\":\"item\",\"key\":{\"id\":7}}");
    JsonNode write = frames.next();
    assertEquals("w1", write.path("write").asText(), write.toString());
    assertEquals("rate-limited", write.at("/error/code").asText());
    frames.say("{\"ping\":3}");
    assertEquals(3, frames.next().path("pong").asInt());
    frames.socket.abort();
    try {
      new Frames(mine).socket.abort();
      throw new AssertionError("the upgrade is let pass");
    } catch (CompletionException failed) {
      WebSocketHandshakeException handshake = (WebSocketHandshakeException) failed.getCause();
      assertNotNull(handshake);
      assertEquals(429, handshake.getResponse().statusCode());
    }
  }

  @Test
  void aSubscriberWhoIsSentTooMuchWaitsAndGetsAll() throws Exception {
    Frames frames = new Frames(address());
    frames.say("{\"subscribe\":\"all\",\"entity\":\"note\",\"snapshot\":true}");
    assertEquals("all", frames.next().path("subscribed").asText());
    for (int i = 0; i < 60; i++) {
      assertEquals("created", frames.next().path("event").asText());
    }
    SqliteFiles files = new SqliteFiles(folder);
    files.execute("shop", "UPDATE notes SET name = 'later' WHERE id = 60");
    JsonNode changed = frames.next();
    assertEquals("updated", changed.path("event").asText(), changed.toString());
    frames.socket.abort();
    Eventually.isTrue(
        LIMIT,
        "it had to wait",
        () ->
            get("/metrics")
                .body()
                .lines()
                .anyMatch(line ->
                    line.startsWith("unisono_limit_delays_total{rule=\"events\"} ")
                        && !line.endsWith(" 0")
                        && !line.endsWith(" 0.0")));
  }

  @Test
  void grpcIsToldByItsOwnStatus() throws Exception {
    String mine = address();
    for (int i = 0; i < 2; i++) {
      String answer = call(mine);
      assertFalse(answer.contains("grpc-status\u00018"), answer);
      assertTrue(answer.contains("ratelimit-policy"), answer);
    }
    String refused = call(mine);
    assertTrue(refused.contains("grpc-status\u00018"), refused);
  }

  /** The bytes of an answer, in which fields that were not sent before stand as they are. */
  private String call(String forwardedFor) throws IOException, InterruptedException {
    String headers =
        "\u0083\u0086"
            + header(":path", "/unisono.v1.Records/Get")
            + header(":authority", "127.0.0.1")
            + header("content-type", "application/grpc")
            + header("te", "trailers")
            + header("x-forwarded-for", forwardedFor)
            + header("authorization", "Bearer " + server.token());
    String message =
        "\u0000\u0000\u0000\u0000\u0014\n\u0004note\u0012\n\n\u0002id\u0012\u0004\u0018\u0007\u0018\u0007";
    String sent =
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + frame(4, 0, 0, "")
            + frame(1, 4, 1, headers)
            + frame(0, 1, 1, message);
    URI api = URI.create(server.api());
    try (Socket socket = new Socket(api.getHost(), api.getPort())) {
      socket.setSoTimeout((int) LIMIT.toMillis());
      socket.getOutputStream().write(sent.getBytes(ISO_8859_1));
      InputStream in = socket.getInputStream();
      StringBuilder answer = new StringBuilder();
      byte[] some = new byte[4_096];
      while (!answer.toString().contains("grpc-status")) {
        int read = in.read(some);
        assertTrue(read > 0, "the connection ends: " + answer);
        answer.append(new String(some, 0, read, ISO_8859_1));
      }
      return answer.toString();
    }
  }

  private static String header(String name, String value) {
    return "\u0000" + (char) name.length() + name + (char) value.length() + value;
  }

  private static String frame(int type, int flags, int stream, String payload) {
    return "\u0000"
        + (char) (payload.length() >> 8)
        + (char) (payload.length() & 0xff)
        + (char) type
        + (char) flags
        + "\u0000\u0000\u0000"
        + (char) stream
        + payload;
  }

  @Test
  void documentsAreChargedForWhatTheyMayCost() throws Exception {
    String mine = address();
    HttpResponse<String> first = document(mine, "{ notes(limit: 200) { items { id name } } }");
    assertEquals(200, first.statusCode(), first.body());
    assertTrue(
        first.headers().firstValue("RateLimit").orElse("").startsWith("\"documents\";r="),
        first.headers().toString());
    int asked = 0;
    HttpResponse<String> answer = first;
    while (answer.statusCode() == 200) {
      assertTrue(++asked < 10, "it is never refused");
      answer = document(mine, "{ notes(limit: 200) { items { id name } } }");
    }
    assertEquals(429, answer.statusCode(), answer.body());
    JsonNode error = ExactJson.parse(answer.body()).at("/errors/0/extensions");
    assertEquals("rate-limited", error.path("code").asText());
    assertTrue(error.path("retryAfter").asLong() > 0, answer.body());
    HttpResponse<String> small = document(mine, "{ note(id: 1) { name } }");
    assertEquals(200, small.statusCode(), small.body());
  }

  private HttpResponse<String> document(String forwardedFor, String document) throws Exception {
    return server.send(
        server
            .request("/v1/graphql")
            .header("Content-Type", "application/json")
            .header("X-Forwarded-For", forwardedFor)
            .POST(BodyPublishers.ofString("{\"query\":\"" + document + "\"}"))
            .build());
  }

  @Test
  void requestsOfAQueueWaitForTheirTurnAndAllAreAnswered() throws Exception {
    var answers =
        IntStream.range(0, 15)
            .mapToObj(_ ->
                http.sendAsync(
                    server.request("/v1/notes").build(), HttpResponse.BodyHandlers.ofString()))
            .toList();
    for (var answer : answers) {
      assertEquals(200, answer.join().statusCode(), answer.join().body());
    }
    String metrics = get("/metrics").body();
    assertTrue(
        metrics
            .lines()
            .anyMatch(line ->
                line.startsWith("unisono_limit_delays_total{rule=\"queue\"} ")
                    && !line.endsWith(" 0")
                    && !line.endsWith(" 0.0")),
        metrics);
  }

  @Test
  void aReloadChangesLimitsAndRedisMayHoldThem(
      @TempDir(cleanup = CleanupMode.ON_SUCCESS) Path other) throws Exception {
    SqliteFiles files = new SqliteFiles(other);
    files.execute("shop", "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT)");
    String limits = "limits: { rules: [{ name: all, by: nothing, for: {}, levels: [1000/d] }] }\n";
    String rest = RULES.substring(RULES.indexOf("systems:"));
    String config = limits + rest.formatted(files.file("shop")).replaceAll("(?m)^  note.*\n", "");
    try (RedisServer redis = RedisServer.start();
        ServerProcess own = files.serve(ServerProcess.freePort(), config)) {
      assertEquals("1000", limit(own));
      Path file = other.resolve("unisono.yaml");
      String before = Files.readString(file);
      Files.writeString(file, before.replace("1000/d", "2000/d"));
      reload(own);
      assertEquals("2000", limit(own));
      String shared =
          "limits: { store: { redis: \""
              + redis.url()
              + "\", when-away: refuse, timeout: 5s },"
              + " rules: [{ name: all, by: nothing, for: { routes: [/v1/items] }, levels: [3000/d] }] }\n";
      Files.writeString(file, before.replace(limits, shared));
      reload(own);
      Eventually.isTrue(LIMIT, "Redis holds them", () -> "3000".equals(limit(own)));
      redis.kill();
      Eventually.isTrue(
          LIMIT,
          "nothing is counted, and so nothing passes",
          () -> {
            HttpResponse<String> answer = own.send(own.request("/v1/items").build());
            return answer.statusCode() == 503
                && answer.body().contains("limits-unavailable")
                && answer.headers().firstValue("Retry-After").isPresent();
          });
      assertTrue(
          own.send(own.request("/metrics").build()).body().contains("unisono_limit_store_away 1"));
      redis.restart();
      Eventually.isTrue(LIMIT, "Redis is found again", () -> "3000".equals(limit(own)));
    }
  }

  private static String limit(ServerProcess server) throws InterruptedException {
    return server
        .send(server.request("/v1/items").build())
        .headers()
        .firstValue("X-RateLimit-Limit")
        .orElse("");
  }

  private static void reload(ServerProcess server) throws InterruptedException {
    HttpResponse<String> answer =
        server.send(server.request("/v1/admin/reload").POST(BodyPublishers.noBody()).build());
    assertEquals(200, answer.statusCode(), answer.body());
  }
}
