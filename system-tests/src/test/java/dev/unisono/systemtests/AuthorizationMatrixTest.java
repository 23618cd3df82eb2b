package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unisono.testkit.ServerProcess;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every route that there is, asked by a caller of every kind: each is let in where the route says
 * so, and nowhere else. A route that nobody has thought of is found, since the server itself lists
 * what it has. Nothing secret that callers have shown is found anywhere afterwards.
 */
final class AuthorizationMatrixTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final String PASSWORD = "lamp river seventeen";
  private static final String BAD_TOKEN =
      "uni_AAAAAAAAAAAA_nobody-has-ever-given-this-one-out-000000";

  /** What anybody may ask. One more is a decision, and not an oversight. */
  private static final Set<String> OPEN =
      new TreeSet<>(
          Set.of(
              "GET /health/live",
              "GET /health/ready",
              // By a code of a link, by a password, by a code for a new password.
              "GET /sign-in",
              "POST /v1/sign-in",
              "POST /v1/sign-in/password",
              // What is brought is signed.
              "POST /hooks/:system",
              // Who asks says so as OAuth 2 has it; consent takes a person's session.
              "GET /.well-known/oauth-authorization-server",
              "GET /oauth/authorize",
              "POST /oauth/authorize",
              "GET /oauth/jwks",
              "POST /oauth/token",
              "POST /oauth/introspect",
              "POST /oauth/revoke",
              "POST /grpc.health.v1.Health/:method"));

  /** Where it is their protocol that says who is let in, behind an answer that is HTTP's 200. */
  private static final Set<String> BY_PROTOCOL =
      new TreeSet<>(
          Set.of(
              "GET /v1/stream",
              "POST /grpc.reflection.v1.ServerReflection/:method",
              "POST /grpc.reflection.v1alpha.ServerReflection/:method",
              "POST /unisono.v1.Records/:method"));

  /** A caller, what is shown of them, and what they may do with an area or with records. */
  private record Person(
      String name,
      List<String> headers,
      boolean known,
      BiPredicate<String, Boolean> administers,
      boolean reads,
      boolean writes) {}

  /** A route as the server lists it. */
  private record Route(String method, String path, String takes) {
    String name() {
      return method + " " + path;
    }

    boolean reading() {
      return method.equals("GET") || method.equals("*");
    }

    String asked() {
      return path.replace("*", "nothing/there")
          .replace(":plural", "customers")
          .replace(":key", "1")
          .replaceAll(":[a-z]+", "nothing");
    }
  }

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<String> secrets = new ArrayList<>(List.of(BAD_TOKEN, PASSWORD));

  @Test
  void eachCallerIsLetInWhereTheRouteSaysSoAndNowhereElse(
      @TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    SqliteFiles files = new SqliteFiles(folder);
    files.execute(
        "shop",
        "PRAGMA journal_mode = WAL",
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO customers VALUES (1, 'one')");
    String config =
        "systems: { shop: { connector: sqlite, file: %s, expose: true } }\n"
            .formatted(files.file("shop"));
    try (ServerProcess server = files.serve(ServerProcess.freePort(), config);
        http) {
      secrets.add(server.token());
      Eventually.isTrue(
          LIMIT,
          "it is read",
          () -> server.send(server.request("/v1/customers/1").build()).statusCode() == 200);
      List<Person> people = people(server);
      List<Route> routes = routes(server);
      assertTrue(routes.size() > 70, () -> routes.size() + " routes");
      Map<String, String> wrong = new TreeMap<>();
      Set<String> open = new TreeSet<>();
      StringBuilder answers = new StringBuilder();
      for (Route route : routes) {
        for (Person person : people) {
          int status = ask(server, route, person, answers);
          boolean letIn = status != 401 && status != 403;
          if (letIn && person.headers().isEmpty()) {
            open.add(route.name());
          }
          int expected = expected(route, person);
          boolean right = expected == 0 ? letIn : status == expected;
          if (!right && !byProtocol(route, person, status)) {
            wrong.put(person.name() + ": " + route, "answered " + status + ", not " + expected);
          }
        }
      }
      assertEquals(Map.of(), wrong);
      Set<String> pinned = new TreeSet<>(OPEN);
      pinned.addAll(BY_PROTOCOL);
      assertEquals(pinned, open);
      checkAudit(server);
      secretsAreNowhere(folder, server, answers.toString());
    }
  }

  /** What records' other doors let a caller see is said in their own answers. */
  private static boolean byProtocol(Route route, Person person, int status) {
    if (!route.takes().equals("records") || route.path().startsWith("/v1/:plural")) {
      return BY_PROTOCOL.contains(route.name());
    }
    return person.known() ? status != 401 : BY_PROTOCOL.contains(route.name());
  }

  /** 0 where the caller is let in. */
  private static int expected(Route route, Person person) {
    if (route.takes().equals("nothing")) {
      return 0;
    }
    if (!person.known()) {
      return 401;
    }
    boolean may =
        switch (route.takes()) {
          case "caller" -> true;
          case "records" -> route.reading() ? person.reads() : person.writes();
          default -> person.administers().test(route.takes(), !route.reading());
        };
    return may ? 0 : 403;
  }

  private List<Route> routes(ServerProcess server) throws Exception {
    List<Route> routes = new ArrayList<>();
    for (JsonNode item : get(server, "/v1/admin/routes").path("items")) {
      routes.add(
          new Route(
              item.path("method").asText(),
              item.path("path").asText(),
              item.path("takes").asText()));
    }
    // Whoever signs out may ask nothing more.
    routes.sort(Comparator.comparing(route -> route.path().equals("/v1/sign-out")));
    return routes;
  }

  private JsonNode get(ServerProcess server, String path) throws Exception {
    HttpResponse<String> answer = server.send(server.request(path).build());
    assertEquals(200, answer.statusCode(), answer.body());
    return ExactJson.parse(answer.body());
  }

  private List<Person> people(ServerProcess server) throws Exception {
    BiPredicate<String, Boolean> nothing = (_, _) -> false;
    BiPredicate<String, Boolean> everything = (_, _) -> true;
    BiPredicate<String, Boolean> looks = (area, writing) -> !area.equals("access") && !writing;
    BiPredicate<String, Boolean> runs =
        (area, writing) -> !area.equals("access") && !(area.equals("metrics") && writing);
    String revoked = key(server, "revoked", "\"roles\": [\"admin\"]");
    HttpResponse<String> gone =
        server.send(server.request("/v1/admin/keys/revoked").DELETE().build());
    assertEquals(204, gone.statusCode());
    String rotatedOut = key(server, "rotated", "\"roles\": [\"admin\"]");
    String rotated = post(server, "/v1/admin/keys/rotated/rotate", "{\"overlap\": \"0s\"}");
    String expired = key(server, "expired", "\"roles\": [\"admin\"], \"expires\": \"1s\"");
    Eventually.isTrue(
        LIMIT,
        "it has expired",
        () -> status(server, "/v1/me", List.of("Authorization", "Bearer " + expired)) == 401);
    List<Person> people = new ArrayList<>();
    people.add(new Person("nobody", List.of(), false, nothing, false, false));
    Map<String, String> strangers = new LinkedHashMap<>();
    strangers.put("bad token", BAD_TOKEN);
    strangers.put("expired key", expired);
    strangers.put("revoked key", revoked);
    strangers.put("key before its rotation", rotatedOut);
    strangers.forEach(
        (name, token) -> people.add(new Person(name, bearer(token), false, nothing, false, false)));
    people.add(new Person("admin token", bearer(server.token()), true, everything, true, true));
    people.add(new Person("rotated key", bearer(rotated), true, everything, true, true));
    people.add(person(server, "no-rights", "\"roles\": []", nothing, false, false));
    people.add(person(server, "reader", "\"scopes\": [\"customer:read\"]", nothing, true, false));
    people.add(person(server, "writer", "\"scopes\": [\"customer:write\"]", nothing, false, true));
    people.add(person(server, "viewing", "\"roles\": [\"viewer\"]", looks, true, false));
    people.add(person(server, "operating", "\"roles\": [\"operator\"]", runs, false, false));
    people.add(person(server, "admin-key", "\"roles\": [\"admin\"]", everything, true, true));
    people.add(
        person(
            server,
            "admin-narrowed",
            "\"roles\": [\"admin\"], \"scopes\": [\"admin/access:read\"]",
            (area, writing) -> area.equals("access") && !writing,
            false,
            false));
    people.add(new Person("session of a user", session(server), true, looks, true, false));
    return people;
  }

  private static List<String> bearer(String token) {
    return List.of("Authorization", "Bearer " + token);
  }

  private Person person(
      ServerProcess server,
      String name,
      String members,
      BiPredicate<String, Boolean> administers,
      boolean reads,
      boolean writes)
      throws Exception {
    return new Person(name, bearer(key(server, name, members)), true, administers, reads, writes);
  }

  private String key(ServerProcess server, String name, String members) throws Exception {
    return post(server, "/v1/admin/keys", "{\"name\": \"" + name + "\", " + members + "}");
  }

  /** Gives the token, or the code, that was told. */
  private String post(ServerProcess server, String path, String body) throws Exception {
    HttpResponse<String> answer =
        server.send(server.request(path).POST(BodyPublishers.ofString(body)).build());
    assertTrue(answer.statusCode() < 300, answer.body());
    assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElse(""));
    JsonNode told = ExactJson.parse(answer.body());
    String secret = told.path(told.has("token") ? "token" : "setUpCode").asText();
    assertTrue(secret.length() > 20, answer.body());
    secrets.add(secret);
    return secret;
  }

  private List<String> session(ServerProcess server) throws Exception {
    String code = post(server, "/v1/admin/users", "{\"name\": \"ada\", \"roles\": [\"viewer\"]}");
    assertEquals(
        204,
        open(
                server,
                "/v1/sign-in/password",
                "{\"code\": \"" + code + "\", \"password\": \"" + PASSWORD + "\"}")
            .statusCode());
    HttpResponse<String> in =
        open(server, "/v1/sign-in", "{\"user\": \"ada\", \"password\": \"" + PASSWORD + "\"}");
    assertEquals(204, in.statusCode(), in.body());
    String cookie = in.headers().firstValue("Set-Cookie").orElseThrow();
    assertTrue(cookie.contains("HTTPOnly") && cookie.contains("SameSite=Strict"), cookie);
    String shown = cookie.substring(0, cookie.indexOf(';'));
    secrets.add(shown.substring(shown.indexOf('=') + 1));
    return List.of("Cookie", shown, "Sec-Fetch-Site", "same-origin");
  }

  private HttpResponse<String> open(ServerProcess server, String path, String body)
      throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(server.api() + path))
            .timeout(LIMIT)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private int status(ServerProcess server, String path, List<String> headers) throws Exception {
    return http.send(
            HttpRequest.newBuilder(URI.create(server.api() + path))
                .timeout(LIMIT)
                .headers(headers.toArray(String[]::new))
                .build(),
            BodyHandlers.discarding())
        .statusCode();
  }

  /** Of many records at once, the status is the one of the first of them. */
  private int ask(ServerProcess server, Route route, Person person, StringBuilder answers)
      throws Exception {
    boolean many = route.path().equals("/v1/:plural") && !route.reading();
    boolean record = route.path().startsWith("/v1/:plural") && !route.reading();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(server.api() + route.asked())).timeout(LIMIT);
    if (record) {
      request.header(
          "Content-Type",
          many
              ? "application/x-ndjson"
              : route.method().equals("PATCH")
                  ? "application/merge-patch+json"
                  : "application/json");
    }
    for (int i = 0; i < person.headers().size(); i += 2) {
      request.header(person.headers().get(i), person.headers().get(i + 1));
    }
    String body = body(route, many, record);
    request.method(
        route.method().equals("*") ? "GET" : route.method(),
        route.reading() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    HttpResponse<InputStream> answer = http.send(request.build(), BodyHandlers.ofInputStream());
    String type = answer.headers().firstValue("Content-Type").orElse("");
    try (InputStream content = answer.body()) {
      if (type.startsWith("text/event-stream")) {
        return answer.statusCode();
      }
      String text = new String(content.readAllBytes(), StandardCharsets.UTF_8);
      answers.append(text).append('\n');
      if (text.contains("\"code\":\"link-used\"")) {
        // The door was open: what was shown there is none of ours.
        return 400;
      }
      if (many && answer.statusCode() == 200) {
        return ExactJson.parse(text.lines().findFirst().orElseThrow()).path("status").asInt();
      }
    }
    return answer.statusCode();
  }

  private static String body(Route route, boolean many, boolean record) {
    if (route.method().equals("DELETE")) {
      return many ? "{\"id\": 1}\n" : "";
    }
    return many ? "{\"id\": 1, \"name\": \"x\"}\n" : record ? "{\"name\": \"x\"}" : "";
  }

  private void checkAudit(ServerProcess server) throws Exception {
    JsonNode verified = get(server, "/v1/admin/audit/verify");
    assertTrue(verified.path("broken").isNull(), verified::toString);
    assertTrue(verified.path("entries").asInt() > 100, verified::toString);
    for (String kind : List.of("sign-in", "denial", "access", "config", "operation")) {
      JsonNode items = get(server, "/v1/admin/audit?limit=1000&kind=" + kind).path("items");
      assertFalse(items.isEmpty(), kind);
      for (JsonNode item : items) {
        if (!item.at("/entry/action").asText().equals("many")) {
          assertEquals("127.0.0.1", item.at("/entry/address").asText(), item::toString);
        }
      }
    }
    JsonNode denied =
        get(server, "/v1/admin/audit?kind=denial&actor=key:operating").at("/items/0/entry");
    assertEquals("key:operating", denied.path("actor").asText(), denied::toString);
    assertFalse(denied.path("allowed").asBoolean(true), denied::toString);
    JsonNode made =
        get(server, "/v1/admin/audit?kind=operation&actor=key:admin-key&limit=1000").path("items");
    assertTrue(
        made.findValuesAsText("action").contains("DELETE /v1/admin/keys/nothing"), made::toString);
  }

  private void secretsAreNowhere(Path folder, ServerProcess server, String answers)
      throws Exception {
    server.stop();
    Map<String, String> places = new LinkedHashMap<>();
    places.put("the answers", answers);
    for (String file :
        List.of(
            "server.log",
            "state/doors.db",
            "state/doors.db-wal",
            "state/audit.db",
            "state/audit.db-wal")) {
      Path path = folder.resolve(file);
      if (Files.exists(path)) {
        places.put(file, Files.readString(path, StandardCharsets.ISO_8859_1));
      }
    }
    assertTrue(places.getOrDefault("state/audit.db", "").contains("key:operating"));
    assertTrue(places.getOrDefault("state/doors.db", "").contains("operating"));
    assertTrue(secrets.size() > 12, () -> secrets.size() + " secrets");
    places.forEach((place, text) -> {
      for (String secret : secrets) {
        assertFalse(text.contains(secret), () -> secret + " is in " + place);
      }
    });
  }
}
