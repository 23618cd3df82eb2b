package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.unisono.testkit.ServerProcess;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
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

/** Who follows changes may have the server remember how far, be waited for, and write. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConsumersTest {
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
        "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, stock INTEGER)",
        "CREATE TABLE parts (id INTEGER PRIMARY KEY, name TEXT)");
    port = ServerProcess.freePort();
    config =
        "systems: { shop: { connector: sqlite, file: %s, expose: true } }\n"
            .formatted(files.file("shop"));
    server = files.serve(port, config);
  }

  @AfterAll
  void stop() {
    http.close();
    server.close();
  }

  /** A client by WebSocket. */
  private final class Client implements AutoCloseable, WebSocket.Listener {
    private final LinkedBlockingQueue<JsonNode> frames = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private volatile int closed;
    private final WebSocket socket;

    Client(@Nullable String token) {
      WebSocket.Builder builder = http.newWebSocketBuilder();
      if (token != null) {
        builder.header("Authorization", "Bearer " + token);
      }
      socket = builder.buildAsync(URI.create("ws://127.0.0.1:" + port + "/v1/stream"), this).join();
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        frames.add(ExactJson.parse(text.toString()));
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      closed = code;
      return null;
    }

    void send(String frame) {
      socket.sendText(frame, true).join();
    }

    JsonNode next() throws InterruptedException {
      return Objects.requireNonNull(
          frames.poll(LIMIT.toSeconds(), TimeUnit.SECONDS), "no frame came");
    }

    /** The next frame that has a member. */
    JsonNode next(String member) throws InterruptedException {
      JsonNode frame = next();
      while (!frame.has(member)) {
        frame = next();
      }
      return frame;
    }

    @Override
    public void close() {
      socket.abort();
    }
  }

  private Client client() {
    return new Client(server.token());
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(LIMIT)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
            .header("Authorization", "Bearer " + server.token())
            .header("Content-Type", "application/json")
            .build(),
        BodyHandlers.ofString());
  }

  @Test
  void aConsumerGoesOnWhereItHasAcknowledgedAlsoBeyondAKill() throws Exception {
    String subscribe = "{\"subscribe\":\"s\",\"entity\":\"item\",\"consumer\":\"billing\"}";
    try (Client first = client()) {
      first.send(subscribe);
      first.next("subscribed");
    }
    // It was there: what comes before its first acknowledgement is kept for it.
    files.execute("shop", "INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1)");
    try (Client second = client()) {
      second.send(subscribe);
      assertEquals(1, second.next("event").at("/key/id").asInt());
      JsonNode event = second.next("event");
      assertEquals(2, event.at("/key/id").asInt());
      second.send("{\"ack\":\"s\",\"cursor\":\"" + event.path("cursor").asText() + "\"}");
      assertEquals(event.path("cursor"), second.next("acked").path("cursor"));
    }
    server.kill();
    server = files.serve(port, config);
    String cursor;
    try (Client third = client()) {
      third.send(subscribe);
      JsonNode event = third.next("event");
      assertEquals(3, event.at("/key/id").asInt(), event.toString());
      cursor = event.path("cursor").asText();
      third.send("{\"ack\":\"t\",\"cursor\":\"" + cursor + "\"}");
      assertEquals("unknown-subscription", third.next("error").at("/error/code").asText());
      third.send("{\"ack\":\"s\",\"cursor\":\"u1.none\"}");
      assertEquals("bad-cursor", third.next("error").at("/error/code").asText());
    }
    // By HTTP for who has no way back on the stream.
    HttpResponse<String> put =
        send("PUT", "/v1/consumers/billing", "{\"cursor\":\"" + cursor + "\"}");
    assertEquals(200, put.statusCode(), put.body());
    JsonNode one = ExactJson.parse(send("GET", "/v1/consumers/billing", "").body());
    assertEquals(cursor, one.path("cursor").asText());
    assertTrue(one.path("held").asBoolean());
    assertTrue(send("GET", "/v1/consumers", "").body().contains("billing"));
    HttpResponse<InputStream> stream =
        http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + port + "/v1/changes/items?consumer=billing"))
                .header("Authorization", "Bearer " + server.token())
                .build(),
            BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertEquals(": hello " + cursor, lines.readLine());
    }
    assertEquals(204, send("DELETE", "/v1/consumers/billing", "").statusCode());
    assertEquals(404, send("GET", "/v1/consumers/billing", "").statusCode());
    assertEquals(404, send("DELETE", "/v1/consumers/billing", "").statusCode());
    assertEquals(400, send("PUT", "/v1/consumers/%20", "{\"cursor\":\"x\"}").statusCode());
    assertEquals(400, send("PUT", "/v1/consumers/a", "{\"cursor\":1}").statusCode());
  }

  @Test
  void whoHasAWindowIsWaitedFor() throws Exception {
    try (Client client = client()) {
      client.send(
          "{\"subscribe\":\"s\",\"entity\":\"part\",\"consumer\":\"slow\",\"window\":2000}");
      client.next("subscribed");
      try (Connection connection = files.connect("shop");
          PreparedStatement insert =
              connection.prepareStatement("INSERT INTO parts VALUES (?, ?)")) {
        for (int id = 1; id <= 1_000; id++) {
          // Each in a transaction of its own, so that they come one after the other.
          insert.setInt(1, id);
          insert.setString(2, "x".repeat(500));
          insert.executeUpdate();
        }
      }
      int seen = 0;
      int most = 0;
      while (seen < 1_000) {
        JsonNode event = client.next("event");
        seen++;
        assertEquals(seen, event.at("/key/id").asInt(), "each once, and in order");
        if (seen == 1) {
          // Not asserted by time: what more there is at this moment is all that is on its way.
          Eventually.isTrue(
              LIMIT,
              "all parts are held",
              () ->
                  ExactJson.parse(send("GET", "/v1/parts?total=true&limit=1", "").body())
                          .path("total")
                          .asInt()
                      == 1_000);
          most = client.frames.size();
        }
        client.send("{\"ack\":\"s\",\"cursor\":\"" + event.path("cursor").asText() + "\"}");
      }
      assertTrue(most < 900, most + " came though nothing was acknowledged");
    }
  }

  @Test
  void recordsAreWrittenByTheSameConnection() throws Exception {
    try (Client client = client()) {
      client.send(
          "{\"create\":\"w1\",\"entity\":\"item\",\"record\":{\"id\":100,\"name\":\"chair\",\"stock\":5}}");
      JsonNode made = client.next();
      assertEquals("w1", made.path("done").asText(), made.toString());
      assertTrue(made.path("created").asBoolean());
      long version = made.path("version").asLong();
      // In the order in which they were sent, whatever each takes.
      client.send(
          "{\"update\":\"w2\",\"entity\":\"item\",\"key\":{\"id\":100},\"record\":{\"stock\":4},\"ifVersion\":"
              + version
              + "}");
      client.send(
          "{\"update\":\"w3\",\"entity\":\"item\",\"key\":{\"id\":100},\"record\":{\"stock\":3},\"ifVersion\":"
              + version
              + "}");
      client.send(
          "{\"replace\":\"w4\",\"entity\":\"item\",\"key\":{\"id\":100},\"record\":{\"name\":\"stool\"}}");
      client.send("{\"delete\":\"w5\",\"entity\":\"item\",\"key\":{\"id\":100}}");
      client.send("{\"delete\":\"w6\",\"entity\":\"item\",\"key\":{\"id\":100}}");
      client.send("{\"create\":\"w7\",\"entity\":\"itme\",\"record\":{}}");
      assertEquals(4, client.next().at("/record/stock").asInt());
      JsonNode late = client.next();
      assertEquals("w3", late.path("write").asText(), late.toString());
      assertEquals(412, late.at("/error/status").asInt());
      JsonNode replaced = client.next();
      assertTrue(replaced.at("/record/stock").isNull(), replaced.toString());
      JsonNode deleted = client.next();
      assertEquals("w5", deleted.path("done").asText());
      assertFalse(deleted.has("record"));
      assertEquals("gone", client.next().at("/error/code").asText());
      assertEquals("unknown-entity", client.next().at("/error/code").asText());
    }
    assertEquals("", files.rows("shop", "SELECT * FROM items WHERE id = 100"));
  }

  @Test
  void aNamedWriteIsDoneOnceAlsoWhereTheServerIsKilled() throws Exception {
    String make =
        "\"entity\":\"item\",\"record\":{\"id\":7001,\"name\":\"leg\"},\"idempotencyKey\":\"k1\"}";
    String other =
        "\"entity\":\"item\",\"record\":{\"id\":7002,\"name\":\"arm\"},\"idempotencyKey\":\"k1\"}";
    String wrong =
        "\"entity\":\"item\",\"key\":{\"id\":9999},\"record\":{\"name\":\"x\"},\"idempotencyKey\":\"k2\"}";
    JsonNode made;
    JsonNode refused;
    try (Client client = client()) {
      client.send("{\"create\":\"w1\"," + make);
      made = client.next();
      assertEquals("w1", made.path("done").asText(), made.toString());
      assertFalse(made.has("replayed"));
      client.send("{\"create\":\"w2\"," + make);
      replays(made, "done", "w2", client.next());
      client.send("{\"create\":\"w3\"," + other);
      JsonNode reused = client.next();
      assertEquals("w3", reused.path("write").asText(), reused.toString());
      assertEquals("key-reused", reused.at("/error/code").asText());
      assertEquals("idempotencyKey", reused.at("/error/field").asText());
      client.send("{\"update\":\"w4\"," + wrong);
      refused = client.next();
      assertEquals("not-found", refused.at("/error/code").asText(), refused.toString());
      client.send("{\"update\":\"w5\"," + wrong);
      replays(refused, "write", "w5", client.next());
    }
    // A key is its caller's, whatever the door.
    HttpRequest byHttp =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/items"))
            .timeout(LIMIT)
            .header("Authorization", "Bearer " + server.token())
            .header("Idempotency-Key", "k1")
            .POST(BodyPublishers.ofString("{\"id\":7001,\"name\":\"leg\"}"))
            .build();
    assertEquals(422, http.send(byHttp, BodyHandlers.ofString()).statusCode());
    server.kill();
    server = files.serve(port, config);
    try (Client client = client()) {
      client.send("{\"create\":\"w6\"," + make);
      replays(made, "done", "w6", client.next());
      client.send("{\"update\":\"w7\"," + wrong);
      replays(refused, "write", "w7", client.next());
      client.send("{\"create\":\"w8\",\"entity\":\"item\",\"record\":{},\"idempotencyKey\":\"\"}");
      Eventually.isTrue(LIMIT, "it is closed", () -> client.closed == 4400);
    }
    assertEquals("1\n", files.rows("shop", "SELECT count(*) FROM items WHERE name = 'leg'"));
    assertEquals("0\n", files.rows("shop", "SELECT count(*) FROM items WHERE name = 'arm'"));
  }

  /** The same answer, to the write's own name. */
  private static void replays(JsonNode first, String member, String name, JsonNode again) {
    assertTrue(again.path("replayed").asBoolean(), again.toString());
    assertEquals(name, again.path(member).asText());
    ObjectNode same = again.deepCopy();
    same.remove("replayed");
    same.set(member, first.get(member));
    assertEquals(first, same);
  }

  @Test
  void aTokenMayComeByTheFirstFrameAndAnotherLater() throws Exception {
    try (Client client = new Client(null)) {
      client.send("{\"token\":\"" + server.token() + "\"}");
      assertTrue(client.next().path("authorized").asBoolean());
      client.send("{\"ping\":1}");
      assertEquals(1, client.next().path("pong").asInt());
      client.send("{\"token\":\"another\"}");
      Eventually.isTrue(LIMIT, "it is closed", () -> client.closed == 4401);
    }
  }

  @Test
  void whoIsTooSlowGetsOneChangeForManyOfARecord() throws Exception {
    int changes = 30_000;
    files.execute("shop", "INSERT INTO items VALUES (200, 'x', 0), (201, 'x', 0), (202, 'x', 0)");
    Eventually.isTrue(
        LIMIT, "they are held", () -> send("GET", "/v1/items/202", "").statusCode() == 200);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setReceiveBufferSize(8_192);
      socket.setSoTimeout((int) LIMIT.toMillis());
      socket
          .getOutputStream()
          .write(
              ("GET /v1/changes/items?conflate=true HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                      + server.token()
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8), 256);
      String line = lines.readLine();
      while (!line.startsWith(": hello")) {
        line = lines.readLine();
      }
      // Nothing is read while all of it happens.
      try (Connection connection = files.connect("shop");
          PreparedStatement update =
              connection.prepareStatement("UPDATE items SET stock = ?, name = ? WHERE id = ?")) {
        connection.setAutoCommit(false);
        for (int number = 1; number <= changes; number++) {
          update.setInt(1, number);
          update.setString(2, "y".repeat(400));
          update.setInt(3, 200 + number % 3);
          update.executeUpdate();
          if (number % 500 == 0) {
            connection.commit();
          }
        }
      }
      Eventually.isTrue(
          LIMIT,
          "all is held",
          () ->
              ExactJson.parse(send("GET", "/v1/items/200", "").body()).path("stock").asInt()
                  == changes);
      Map<Long, Integer> stock = new TreeMap<>();
      List<Integer> seen = new ArrayList<>();
      while (!Map.of(200L, changes, 201L, changes - 2, 202L, changes - 1).equals(stock)) {
        line = lines.readLine();
        if (line.startsWith("data: ")) {
          JsonNode event = ExactJson.parse(line.substring(6));
          int now = event.at("/record/stock").asInt();
          long id = event.at("/key/id").asLong();
          assertTrue(now > stock.getOrDefault(id, 0), "none goes back");
          stock.put(id, now);
          seen.add(now);
        }
      }
      assertTrue(seen.size() < changes / 2, seen.size() + " events were sent");
    }
  }
}
