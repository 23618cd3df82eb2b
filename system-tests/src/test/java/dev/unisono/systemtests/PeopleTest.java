package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** Keys and people of a server that runs, by its commands and its routes. */
final class PeopleTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String PASSWORD = "lamp river seventeen";

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private ServerProcess serve(Path folder) throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute("shop", "CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY)");
    return files.serve(
        ServerProcess.freePort(),
        "systems: { shop: { connector: sqlite, file: %s, expose: true } }\n"
            .formatted(files.file("shop")));
  }

  private HttpResponse<String> send(
      ServerProcess server, String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.api() + path))
            .timeout(LIMIT)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private int me(ServerProcess server, String... headers) throws Exception {
    return send(server, "GET", "/v1/me", "", headers).statusCode();
  }

  private static String code(HttpResponse<String> answer) {
    return ExactJson.parse(answer.body()).path("code").asText();
  }

  private static String signIn(String user, String password) {
    return "{\"user\": \"" + user + "\", \"password\": \"" + password + "\"}";
  }

  private static String cookie(HttpResponse<String> answer) {
    assertEquals(204, answer.statusCode(), answer.body());
    String cookie = answer.headers().firstValue("Set-Cookie").orElseThrow();
    return cookie.substring(0, cookie.indexOf(';'));
  }

  @Test
  void keysAreMadeRotatedAndRevokedByCommands(
      @TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    String config = folder.resolve("unisono.yaml").toString();
    try (ServerProcess server = serve(folder);
        http) {
      String token =
          CommandLine.run(
                  0,
                  "keys",
                  config,
                  "create",
                  "robot",
                  "--role",
                  "viewer",
                  "--scope",
                  "customer:read",
                  "--claim",
                  "country=DE",
                  "--expires",
                  "90d")
              .strip();
      JsonNode me =
          ExactJson.parse(
              send(server, "GET", "/v1/me", "", "Authorization", "Bearer " + token).body());
      assertEquals("key:robot", me.path("name").asText());
      assertEquals("[\"list\",\"get\",\"follow\"]", me.at("/entities/customer").toString());
      assertEquals("{\"operations\":[],\"access\":[],\"metrics\":[]}", me.path("areas").toString());
      String listed = CommandLine.run(0, "keys", config);
      assertTrue(listed.contains("robot  roles viewer  scopes customer:read  country=DE"), listed);
      assertTrue(listed.contains("1 key"), listed);
      assertFalse(listed.contains(token), listed);
      // When it was used is known at once to who asks.
      assertTrue(listed.contains("  used "), listed);
      String another =
          CommandLine.run(0, "keys", config, "rotate", "robot", "--overlap", "1h").strip();
      assertNotEquals(token, another);
      assertEquals(200, me(server, "Authorization", "Bearer " + token));
      assertEquals(200, me(server, "Authorization", "Bearer " + another));
      CommandLine.run(0, "keys", config, "revoke", "robot");
      assertEquals(401, me(server, "Authorization", "Bearer " + token));
      assertEquals(401, me(server, "Authorization", "Bearer " + another));
      String refused = CommandLine.run(2, "keys", config, "create", "x", "--role", "viewr");
      assertTrue(refused.contains("unknown-role") && refused.contains("'viewer'"), refused);
      CommandLine.run(1, "keys", config, "revoke", "robot");
      String audit = CommandLine.run(0, "audit", config, "--kind", "access");
      assertTrue(audit.contains("access  admin  key.revoke robot  from 127.0.0.1"), audit);
      assertFalse(audit.contains(token) || audit.contains(another), audit);
      String verified = CommandLine.run(0, "audit", config, "--verify");
      assertTrue(verified.contains("entries, all whole"), verified);
    }
  }

  @Test
  void aPersonSignsInAndStaysBeyondARestart(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder)
      throws Exception {
    String config = folder.resolve("unisono.yaml").toString();
    String cookie;
    try (ServerProcess server = serve(folder)) {
      String code =
          CommandLine.run(0, "users", config, "create", "ada", "--role", "viewer").strip();
      assertTrue(CommandLine.run(0, "users", config).contains("no password yet"));
      HttpResponse<String> weak =
          send(
              server,
              "POST",
              "/v1/sign-in/password",
              "{\"code\": \"" + code + "\", \"password\": \"short\"}");
      assertEquals("weak-password", code(weak));
      assertEquals(
          204,
          send(
                  server,
                  "POST",
                  "/v1/sign-in/password",
                  "{\"code\": \"" + code + "\", \"password\": \"" + PASSWORD + "\"}")
              .statusCode());
      assertEquals(
          "wrong-credentials",
          code(send(server, "POST", "/v1/sign-in", signIn("ada", "not this one"))));
      assertEquals(
          "wrong-credentials",
          code(send(server, "POST", "/v1/sign-in", signIn("nobody", PASSWORD))));
      assertEquals(
          "another-origin",
          code(
              send(
                  server,
                  "POST",
                  "/v1/sign-in",
                  signIn("ada", PASSWORD),
                  "Sec-Fetch-Site",
                  "cross-site")));
      cookie = cookie(send(server, "POST", "/v1/sign-in", signIn("Ada", PASSWORD)));
      assertEquals(200, me(server, "Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    }
    try (ServerProcess server = serve(folder);
        http) {
      HttpResponse<String> answer =
          send(server, "GET", "/v1/me", "", "Cookie", cookie, "Origin", server.api());
      assertEquals(200, answer.statusCode(), answer.body());
      JsonNode me = ExactJson.parse(answer.body());
      assertEquals("user:ada", me.path("name").asText());
      assertEquals("ada", me.at("/user/name").asText());
      String csrf = me.path("csrfToken").asText();
      String change = "{\"password\": \"" + PASSWORD + "\", \"newPassword\": \"another of these\"}";
      // Over plain HTTP a browser says less; then the page has to say that it means it.
      assertEquals(
          "no-csrf-token",
          code(
              send(
                  server,
                  "POST",
                  "/v1/me/password",
                  change,
                  "Cookie",
                  cookie,
                  "Origin",
                  server.api())));
      String renewed =
          cookie(
              send(
                  server,
                  "POST",
                  "/v1/me/password",
                  change,
                  "Cookie",
                  cookie,
                  "Origin",
                  server.api(),
                  "Unisono-CSRF",
                  csrf));
      assertEquals(401, me(server, "Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
      assertEquals(200, me(server, "Cookie", renewed, "Sec-Fetch-Site", "same-origin"));
      for (int i = 0; i < 4; i++) {
        send(server, "POST", "/v1/sign-in", signIn("ada", "not this one"));
      }
      send(server, "POST", "/v1/sign-in", signIn("ada", "not this one"));
      HttpResponse<String> locked =
          send(server, "POST", "/v1/sign-in", signIn("ada", "another of these"));
      assertEquals(429, locked.statusCode(), locked.body());
      assertEquals("locked", code(locked));
      assertTrue(Integer.parseInt(locked.headers().firstValue("Retry-After").orElse("")) <= 30);
      // Whoever is in stays in.
      assertEquals(200, me(server, "Cookie", renewed, "Sec-Fetch-Site", "same-origin"));
      String metrics = server.send(server.request("/metrics").build()).body();
      assertTrue(metrics.contains("unisono_sign_in_failures_total 6.0"), metrics);
      assertTrue(CommandLine.run(0, "audit", config, "--kind", "suspicious").contains("user:ada"));
      CommandLine.run(0, "users", config, "disable", "ada");
      assertEquals(401, me(server, "Cookie", renewed, "Sec-Fetch-Site", "same-origin"));
      String code = CommandLine.run(0, "users", config, "reset", "ada").strip();
      assertTrue(code.length() > 20, code);
      CommandLine.run(0, "users", config, "remove", "ada");
      assertTrue(CommandLine.run(0, "users", config).contains("0 users"));
    }
  }
}
