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
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
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

  private String address() {
    return "http://127.0.0.1:" + server.actualPort();
  }

  private String token() throws Exception {
    return Files.readString(folder.resolve(AdminToken.FILE)).strip();
  }

  private String cookie() {
    return Access.COOKIE + "=" + access.signIn(access.newSignInCode(Caller.ADMIN)).orElseThrow();
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
    for (String name : new String[] {AdminToken.FILE, "admin-token.sha256"}) {
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
    now.updateAndGet(time -> time.plus(Access.SESSION_LIFETIME).minusSeconds(1));
    assertEquals("in", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    now.updateAndGet(time -> time.plusSeconds(1));
    assertEquals("session-ended", ask("Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
  }

  @Test
  void aLinkSignsInOnceAndNotForEver() {
    String code = access.newSignInCode(Caller.ADMIN);
    assertNotEquals(code, access.newSignInCode(Caller.ADMIN));
    assertTrue(access.signIn(code).isPresent());
    assertTrue(access.signIn(code).isEmpty());
    assertTrue(access.signIn("").isEmpty());
    String late = access.newSignInCode(Caller.ADMIN);
    now.updateAndGet(time -> time.plus(Duration.ofHours(25)));
    assertTrue(access.signIn(late).isEmpty());
  }
}
