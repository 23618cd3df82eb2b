package dev.unisono.server.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Refusal;
import dev.unisono.spi.UnisonoException;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Access behind a real HTTP server that answers with the code of the refusal, or "in". */
final class AccessTest {
  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient client = HttpClient.newHttpClient();

  @SuppressWarnings("NullAway.Init") // before each test
  private Access access;

  @SuppressWarnings("NullAway.Init") // before each test
  private HttpServer server;

  @SuppressWarnings("NullAway.Init") // before each test
  private DoorsDatabase database;

  @BeforeEach
  void listen() throws Exception {
    database = DoorsDatabase.open(folder);
    access = opened();
    server =
        vertx
            .createHttpServer()
            .requestHandler(request -> request.response().end(told(request)))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  private Access opened() {
    return Access.open(folder, database, () -> AccessPolicy.NONE, Audit.NONE, now::get);
  }

  private String told(HttpServerRequest request) {
    try {
      return access.admit(request).equals(Caller.ADMIN) ? "in" : "another";
    } catch (Refusal refusal) {
      return refusal.code();
    }
  }

  @AfterEach
  void close() throws Exception {
    client.close();
    database.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private String ask(String... headers) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address() + "/v1/customers"))
            .timeout(Duration.ofSeconds(30));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString()).body();
  }

  private String post(String... headers) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address() + "/v1/customers"))
            .timeout(Duration.ofSeconds(30))
            .headers(headers)
            .POST(BodyPublishers.noBody())
            .build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  private String address() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  private String token() throws Exception {
    return Files.readString(folder.resolve(AdminToken.FILE)).strip();
  }

  private String cookie() {
    return Access.COOKIE
        + "="
        + access.signIn(access.newSignInCode(Caller.ADMIN), null).orElseThrow();
  }

  @Test
  void theTokenComesIn() throws Exception {
    assertEquals("in", ask("Authorization", "Bearer " + token()));
    assertEquals("in", ask("Authorization", "bearer  " + token() + " "));
  }

  @Test
  void nothingElseDoes() throws Exception {
    assertEquals("not-signed-in", ask());
    assertEquals("wrong-token", ask("Authorization", "Bearer " + token() + "x"));
    assertEquals("wrong-token", ask("Authorization", "Bearer "));
    assertEquals("wrong-token", ask("Authorization", "Basic " + token()));
    assertEquals("wrong-token", ask("Authorization", "x"));
    assertEquals("not-signed-in", ask("Cookie", "other=" + token()));
  }

  @Test
  void theTokenIsKeptPrivateAndItsHashAlone() throws Exception {
    for (String name : new String[] {AdminToken.FILE, "admin-token.sha256", "doors.db"}) {
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve(name))));
    }
    String hash = Files.readString(folder.resolve("admin-token.sha256")).strip();
    assertEquals(64, hash.length());
    assertFalse(hash.contains(token()));
  }

  @Test
  void theTokenOutlivesItsFileAndARestart() throws Exception {
    String token = token();
    Files.delete(folder.resolve(AdminToken.FILE));
    access = opened();
    assertFalse(Files.exists(folder.resolve(AdminToken.FILE)));
    assertEquals("in", ask("Authorization", "Bearer " + token));
  }

  @Test
  void aHashThatIsCutOffIsSaidWithTheWayOut() throws Exception {
    for (String broken : new String[] {"", "abcd", "not hex at all"}) {
      Files.writeString(folder.resolve("admin-token.sha256"), broken);
      UnisonoException failed = assertThrows(UnisonoException.class, () -> opened());
      assertEquals("state-unusable", failed.problem().code());
      assertTrue(failed.problem().remedy().contains("Remove it"));
    }
  }

  @Test
  void aSessionCountsWithRequestsOfOurOwnPagesAlone() throws Exception {
    String cookie = cookie();
    assertEquals("in", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    assertEquals("in", ask("Cookie", cookie, "Sec-Fetch-Site", "none"));
    assertEquals("another-origin", ask("Cookie", cookie, "Sec-Fetch-Site", "same-site"));
    assertEquals("another-origin", ask("Cookie", cookie, "Sec-Fetch-Site", "cross-site"));
    assertEquals("in", ask("Cookie", cookie, "Origin", address()));
    assertEquals("in", ask("Cookie", cookie, "Referer", address() + "/page?x=1"));
    assertEquals("another-origin", ask("Cookie", cookie));
    assertEquals("another-origin", ask("Cookie", cookie, "Origin", "null"));
    assertEquals("another-origin", ask("Cookie", cookie, "Origin", "http://127.0.0.1:1"));
    assertEquals("another-origin", ask("Cookie", cookie, "Origin", address() + ".example.org"));
    assertEquals("another-origin", ask("Cookie", cookie, "Referer", "http://x/" + address()));
    assertEquals(
        "another-origin",
        ask("Cookie", cookie, "Sec-Fetch-Site", "cross-site", "Origin", address()));
  }

  @Test
  void aWrongTokenIsNotMadeGoodByASession() throws Exception {
    assertEquals(
        "wrong-token",
        ask("Cookie", cookie(), "Sec-Fetch-Site", "same-origin", "Authorization", "Bearer x"));
  }

  @Test
  void aSessionEnds() throws Exception {
    String cookie = cookie();
    Instant ends = now.get().plus(Sessions.LIFETIME);
    while (now.get().isBefore(ends)) {
      assertEquals("in", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
      now.updateAndGet(time -> time.plus(Sessions.IDLE).minusSeconds(1));
    }
    assertEquals("session-ended", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
  }

  @Test
  void aSessionEndsThatNobodyUses() throws Exception {
    String cookie = cookie();
    now.updateAndGet(time -> time.plus(Sessions.IDLE).minusSeconds(1));
    assertEquals("in", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    now.updateAndGet(time -> time.plus(Sessions.IDLE));
    assertEquals("session-ended", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
  }

  @Test
  void aSessionOutlivesARestartAndItsHashAloneIsKept() throws Exception {
    String cookie = cookie();
    String link = access.newSignInCode(Caller.ADMIN);
    now.updateAndGet(time -> time.plus(Sessions.IDLE).minusSeconds(1));
    assertEquals("in", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    access.close();
    access = opened();
    // Also when it was used last is known again.
    now.updateAndGet(time -> time.plus(Sessions.IDLE).minusSeconds(1));
    assertEquals("in", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    assertTrue(access.signIn(link, null).isPresent());
    database.close();
    String kept = "";
    for (String name : new String[] {"doors.db", "doors.db-wal"}) {
      Path file = folder.resolve(name);
      kept += Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    }
    assertTrue(kept.contains("sign_in_link"));
    assertFalse(kept.contains(cookie.substring(cookie.indexOf('=') + 1)));
    assertFalse(kept.contains(link));
    database = DoorsDatabase.open(folder);
  }

  @Test
  void aSessionOfTheAdminTokenEndsWithThat() throws Exception {
    String cookie = cookie();
    String link = access.newSignInCode(Caller.ADMIN);
    Files.delete(folder.resolve("admin-token.sha256"));
    access = opened();
    assertEquals("session-ended", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    assertTrue(access.signIn(link, null).isEmpty());
  }

  private Caller keyCaller(String name) {
    return access.admit("Bearer " + access.keys().create(name, wanted()));
  }

  private static ApiKeys.Wanted wanted() {
    return new ApiKeys.Wanted(
        new TreeSet<>(Set.of("viewer")), null, Map.of(), Caller.STANDARD, null);
  }

  @Test
  void aSessionEndsWithTheKeyItCameFrom() throws Exception {
    Caller caller = keyCaller("robot");
    String link = access.newSignInCode(caller);
    String cookie =
        Access.COOKIE + "=" + access.signIn(access.newSignInCode(caller), null).orElseThrow();
    assertEquals("another", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    assertEquals("key:robot", access.sessions().getFirst().caller());
    access.keys().revoke("robot");
    assertEquals("session-ended", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    assertTrue(access.signIn(link, null).isEmpty());
    assertEquals(List.of(), access.sessions());
    // One that is made anew under that name is another.
    keyCaller("robot");
    assertEquals("session-ended", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
  }

  @Test
  void sessionsAreEndedOneByOne() throws Exception {
    String one = cookie();
    String other = cookie();
    assertEquals(2, access.sessions().size());
    String id = access.sessions().getFirst().id();
    access.endSession(id);
    assertEquals("not-found", assertThrows(Refusal.class, () -> access.endSession(id)).code());
    assertEquals(
        Set.of("in", "session-ended"),
        Set.of(
            ask("Cookie", one, "Sec-Fetch-Site", "same-origin"),
            ask("Cookie", other, "Sec-Fetch-Site", "same-origin")));
    assertEquals(1, access.endSessions("admin"));
    assertEquals("session-ended", ask("Cookie", one, "Sec-Fetch-Site", "same-origin"));
    assertEquals("session-ended", ask("Cookie", other, "Sec-Fetch-Site", "same-origin"));
  }

  @Test
  void whatChangesSomethingIsSentByOurOwnPage() throws Exception {
    String cookie = cookie();
    String token = Sessions.csrfToken(cookie.substring(cookie.indexOf('=') + 1));
    assertEquals("in", post("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    // A person who types an address sends no such thing.
    assertEquals("no-csrf-token", post("Cookie", cookie, "Sec-Fetch-Site", "none"));
    assertEquals("no-csrf-token", post("Cookie", cookie, "Origin", address()));
    assertEquals(
        "no-csrf-token",
        post("Cookie", cookie, "Origin", address(), Access.CSRF_HEADER, token + "x"));
    assertEquals("in", post("Cookie", cookie, "Origin", address(), Access.CSRF_HEADER, token));
    // It makes no other site's request good.
    assertEquals(
        "another-origin",
        post("Cookie", cookie, "Sec-Fetch-Site", "cross-site", Access.CSRF_HEADER, token));
    String another = cookie();
    assertEquals(
        "no-csrf-token", post("Cookie", another, "Origin", address(), Access.CSRF_HEADER, token));
    // A token is shown by programs, of which no browser sends one by itself.
    assertEquals("in", post("Authorization", "Bearer " + token()));
  }

  @Test
  void aLinkSignsInOnceAndNotForEver() {
    String code = access.newSignInCode(Caller.ADMIN);
    assertNotEquals(code, access.newSignInCode(Caller.ADMIN));
    assertTrue(access.signIn(code, null).isPresent());
    assertTrue(access.signIn(code, null).isEmpty());
    assertTrue(access.signIn("", null).isEmpty());
    String late = access.newSignInCode(Caller.ADMIN);
    now.updateAndGet(time -> time.plus(Duration.ofHours(25)));
    assertTrue(access.signIn(late, null).isEmpty());
  }
}
