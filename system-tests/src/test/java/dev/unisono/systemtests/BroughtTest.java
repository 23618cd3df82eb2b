package dev.unisono.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.testkit.ServerProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** What systems bring by HTTP is in the records and in targets, once it is answered for. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.MethodName.class)
final class BroughtTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final byte[] KEY = "a key that is a test's own".getBytes(UTF_8);

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
        "copy",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)");
    Files.writeString(
        folder.resolve("hook-secret"), "whsec_" + Base64.getEncoder().encodeToString(KEY));
    port = ServerProcess.freePort();
    config =
        """
        systems:
          copy: { connector: sqlite, file: %s }
          app:
            connector: webhook
            signature: standard
            secret: "${file:hook-secret}"
            record: /data
          open: { connector: webhook, signature: none, record: /data }
        entities:
          note:
            key: id
            schema:
              properties:
                id: { type: integer }
                text: { type: string, maxLength: 10 }
          word:
            key: id
            schema:
              properties:
                id: { type: integer }
        syncs:
          notes:
            entity: note
            members:
              - { system: app, table: note, direction: read }
              - { system: copy, table: notes, direction: write }
          words: { entity: word, members: [{ system: open, table: word, direction: read }] }
        """
            .formatted(files.file("copy"));
    server = files.serve(port, config);
  }

  @AfterAll
  void stop() {
    http.close();
    server.close();
  }

  private HttpResponse<String> post(String path, String body, String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(LIMIT)
            .POST(BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private HttpResponse<String> bring(String id, String body) throws Exception {
    String time = Long.toString(Instant.now().getEpochSecond());
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(KEY, "HmacSHA256"));
    String code =
        Base64.getEncoder()
            .encodeToString(mac.doFinal((id + "." + time + "." + body).getBytes(UTF_8)));
    return post(
        "/hooks/app",
        body,
        "webhook-id",
        id,
        "webhook-timestamp",
        time,
        "webhook-signature",
        "v1," + code);
  }

  private static String note(String type, int id, String text) {
    return "{\"type\":\"note.%s\",\"data\":{\"id\":%d,\"text\":\"%s\"}}".formatted(type, id, text);
  }

  @Test
  void whatIsAnsweredAsTakenIsKeptThoughTheServerIsKilled() throws Exception {
    for (int id = 1; id <= 20; id++) {
      HttpResponse<String> taken = bring("msg_" + id, note("created", id, "n" + id));
      assertEquals(200, taken.statusCode(), taken.body());
      assertEquals("{\"state\":\"taken\"}", taken.body());
    }
    server.kill();
    server = files.serve(port, config);
    Eventually.isTrue(
        LIMIT,
        "not all are there",
        () -> files.rows("copy", "SELECT count(*) FROM notes").equals("20\n"));
    assertEquals(200, bring("changed", note("updated", 1, "changed")).statusCode());
    // A repeat of what was taken before the server was killed does not bring back what was.
    assertEquals("{\"state\":\"known\"}", bring("msg_1", note("created", 1, "n1")).body());
    assertEquals(200, bring("gone", note("deleted", 2, "")).statusCode());
    Eventually.isTrue(
        LIMIT,
        "not as it was brought",
        () ->
            files
                .rows("copy", "SELECT id, text FROM notes WHERE id < 4 ORDER BY id")
                .equals("1,changed\n3,n3\n"));
  }

  @Test
  void whatIsRefusedIsADeadLetterAndIsAnsweredAsTaken() throws Exception {
    assertEquals(200, bring("long", note("created", 99, "far too long a text")).statusCode());
    HttpResponse<String> letters =
        server.send(server.request("/v1/admin/dead-letters?system=app").build());
    assertTrue(letters.body().contains("\"id\":99"), letters.body());
  }

  @Test
  void nothingMalformedIsAFaultOfTheServers() throws Exception {
    for (String body :
        List.of(
            "",
            "{",
            "null",
            "[]",
            "[[[[",
            "\"\\ud800\"",
            "{\"type\":\"word.created\"}",
            "{\"type\":\"word.created\",\"data\":[]}x",
            "{\"type\":\"word.created\",\"data\":{\"id\":1e99999}}",
            "{\"type\":\"word.created\",\"data\":{\"id\":" + "9".repeat(1_000) + "}}",
            "{\"type\":\"word.created\",\"data\":{\"id\":{}}}",
            "[".repeat(100_000))) {
      HttpResponse<String> answer = post("/hooks/open", body);
      assertTrue(
          answer.statusCode() >= 400 && answer.statusCode() < 500, body + ": " + answer.body());
    }
    assertEquals(200, post("/hooks/open", "{\"type\":\"word\",\"data\":[]}").statusCode());
    assertEquals(413, post("/hooks/open", " ".repeat((1 << 20) + 1)).statusCode());
    assertEquals(404, post("/hooks/copy", "{}").statusCode());
    assertEquals(404, post("/hooks/none", "{}").statusCode());
    assertEquals(401, post("/hooks/app", note("created", 1, "x")).statusCode());
    assertEquals(
        401,
        post(
                "/hooks/app",
                note("created", 1, "x"),
                "webhook-id",
                "a",
                "webhook-timestamp",
                "9999999999999999999",
                "webhook-signature",
                "v1,AA==")
            .statusCode());
    assertEquals(400, post("/hooks/open?x=1", "{}").statusCode());
  }
}
