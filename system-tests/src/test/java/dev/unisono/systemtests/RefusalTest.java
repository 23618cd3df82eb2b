package dev.unisono.systemtests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whoever asks wrongly is told what is wrong, by a problem with a code and never a stack trace. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RefusalTest {
  private static final int SECONDS = 20;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private MirroredDatabases databases;
  private MirrorServer server;

  @BeforeAll
  void start(@TempDir(cleanup = CleanupMode.ON_SUCCESS) Path folder) throws Exception {
    databases = MirroredDatabases.start();
    databases.executeInCrm(
        "INSERT INTO public.customers (id, name, country, balance) VALUES"
            + " (1, 'Ada', 'GB', 12.50), (2, 'Grace', 'US', 0), (3, 'Gone', 'US', 1)");
    server = new MirrorServer(databases, folder, 500);
    server.start();
    awaitStatus("/v1/customers/3", 200);
    databases.executeInCrm("DELETE FROM public.customers WHERE id = 3");
    awaitStatus("/v1/customers/3", 410);
  }

  private void awaitStatus(String path, int status) throws Exception {
    Eventually.holds(
        Duration.ofSeconds(SECONDS),
        () -> {
          HttpResponse<String> answer = get(path);
          return answer.statusCode() == status ? "" : path + ": " + answer.statusCode();
        });
  }

  @AfterAll
  void stop() {
    http.shutdownNow();
    try {
      server.close();
    } finally {
      databases.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/v1/custommers", "/v1/custommers/1", "/v1/changes/custommers", "/v1/nothing/1/2"})
  void anUnknownPathIsNotFound(String path) throws Exception {
    problem(get(path), 404);
  }

  @Test
  void anUnknownFieldIsToldWithTheNearestName() throws Exception {
    JsonNode problem = problem(get("/v1/customers?contry=DE"), 400);
    assertEquals("unknown-field", problem.path("code").asText());
    assertEquals("contry", problem.path("field").asText());
    assertTrue(problem.path("detail").asText().contains("'country'"), problem::toString);
    JsonNode sorted = problem(get("/v1/customers?sort=-blance"), 400);
    assertTrue(sorted.path("detail").asText().contains("'balance'"), sorted::toString);
  }

  @Test
  void anUnknownParameterIsToldWithTheNearestName() throws Exception {
    JsonNode problem = problem(get("/v1/customers?limt=5"), 400);
    assertTrue(problem.path("detail").asText().contains("'limit'"), problem::toString);
    problem(get("/v1/changes/customers?aftr=x"), 400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=many",
        "limit=",
        "after=nonsense",
        "after=",
        "balance=much",
        "balance=1e",
        "sort=notes",
        "notes=x",
        "limit=99999999999999999999"
      })
  void aParameterThatMakesNoSenseIsRefused(String parameter) throws Exception {
    problem(get("/v1/customers?" + parameter), 400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "u1.", "u1.AAAA", "u2.AQAAAAAAAAABAAAAAAAAAAE", "u1.%00"})
  void aCursorThatIsNoneIsRefused(String cursor) throws Exception {
    problem(get("/v1/changes/customers?after=" + cursor), 400);
    problem(
        send(
            server
                .process()
                .request("/v1/changes/customers")
                .header("Last-Event-ID", cursor)
                .build()),
        400);
  }

  @Test
  void aCursorOfAnotherEpochIsAGap() throws Exception {
    // Version 1, epoch 9,999, sequence 1.
    problem(get("/v1/changes/customers?after=u1.AQAAAAAAACcPAAAAAAAAAAE"), 410);
  }

  @Test
  void aRecordThatIsNotThereIsNotFoundAndOneThatWasIsGone() throws Exception {
    problem(get("/v1/customers/77"), 404);
    problem(get("/v1/customers/3"), 410);
    int status = get("/v1/customers/not-a-number").statusCode();
    problem(get("/v1/customers/not-a-number"), status == 404 ? 404 : 400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/customers",
        "/v1/customers/1",
        "/v1/changes",
        "/v1/changes/customers",
        "/v1/custommers",
        "/v1/admin/status",
        "/metrics"
      })
  void nobodyIsLetInWithoutAToken(String path) throws Exception {
    HttpRequest none = HttpRequest.newBuilder(uri(path)).build();
    JsonNode problem = problem(send(none), 401);
    assertFalse(problem.path("code").asText().isEmpty());
    for (String header : List.of("Bearer wrong", "Bearer ", "Basic dXNlcjpwYXNz", "nonsense")) {
      HttpRequest wrong = HttpRequest.newBuilder(uri(path)).header("Authorization", header).build();
      HttpResponse<String> answer = send(wrong);
      problem(answer, 401);
      assertTrue(answer.headers().firstValue("WWW-Authenticate").isPresent(), header);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{\"name\":}", "[1]", "\"text\"", "null", "7", "{} {}"})
  void aPatchThatIsNoJsonObjectIsRefused(String body) throws Exception {
    problem(patch("/v1/customers/1", body, "application/merge-patch+json", null), 400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"nmae\":\"x\"}",
        "{\"id\":9}",
        "{\"balance\":\"much\"}",
        "{\"balance\":{}}",
        "{\"updated_at\":\"yesterday\"}",
        "{\"id\":null}"
      })
  void aPatchThatTheEntityDoesNotAllowIsRefused(String body) throws Exception {
    HttpResponse<String> answer =
        patch("/v1/customers/1", body, "application/merge-patch+json", null);
    problem(answer, answer.statusCode() == 400 ? 400 : 422);
  }

  @Test
  void anUnknownFieldInAPatchIsToldWithTheNearestName() throws Exception {
    HttpResponse<String> answer =
        patch("/v1/customers/1", "{\"nmae\":\"x\"}", "application/merge-patch+json", null);
    assertTrue(answer.body().contains("'name'"), answer.body());
  }

  @Test
  void aPatchOfAnotherVersionIsRefusedAndChangesNothing() throws Exception {
    String before = get("/v1/customers/1").body();
    String type = "application/merge-patch+json";
    problem(patch("/v1/customers/1", "{\"name\":\"Eve\"}", type, "\"999999\""), 412);
    HttpResponse<String> noVersion = patch("/v1/customers/1", "{\"name\":\"Eve\"}", type, "soon");
    problem(noVersion, noVersion.statusCode() == 400 ? 400 : 412);
    assertEquals(before, get("/v1/customers/1").body());
  }

  @Test
  void aPatchOfWhatIsNotThereIsRefused() throws Exception {
    String type = "application/merge-patch+json";
    problem(patch("/v1/customers/77", "{\"name\":\"Eve\"}", type, null), 404);
    problem(patch("/v1/customers/3", "{\"name\":\"Eve\"}", type, null), 410);
    problem(patch("/v1/custommers/1", "{\"name\":\"Eve\"}", type, null), 404);
  }

  @Test
  void anotherMediaTypeOrMethodIsRefused() throws Exception {
    problem(patch("/v1/customers/1", "name=Eve", "text/plain", null), 415);
    HttpRequest.Builder post =
        server.process().request("/v1/customers").POST(BodyPublishers.ofString("{}"));
    problem(send(post.build()), 415);
    HttpRequest.Builder lock =
        server.process().request("/v1/customers/1").method("LOCK", BodyPublishers.noBody());
    problem(send(lock.build()), 405);
  }

  @Test
  void aPathWithoutAHandlerShowsNothingOfTheInside() throws Exception {
    for (String path : List.of("/v1/customers/%00", "/v1/customers/%2e%2e%2f")) {
      HttpResponse<String> answer = get(path);
      assertTrue(answer.statusCode() / 100 == 4, path + ": " + answer.statusCode());
      problem(answer, answer.statusCode());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nonsense", "{", "[]", "{}", "7", "{\"subscribe\":7}", "{\"jump\":\"s1\"}"})
  void aFrameThatIsNoneClosesTheSocketWithItsCode(String frame) throws Exception {
    try (Socket socket = new Socket(token())) {
      socket.send(frame);
      assertEquals(4400, socket.closeCode());
    }
  }

  @Test
  void aBinaryFrameClosesTheSocketWithItsCode() throws Exception {
    try (Socket socket = new Socket(token())) {
      socket.webSocket.sendBinary(ByteBuffer.wrap(new byte[] {1, 2, 3}), true).join();
      assertEquals(4400, socket.closeCode());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "wrong"})
  void aSocketWithoutATokenIsClosedWithItsCode(String token) throws Exception {
    try (Socket socket = new Socket(token)) {
      socket.send("{\"subscribe\":\"s1\",\"entity\":\"customer\"}");
      assertEquals(4401, socket.closeCode());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"subscribe\":\"s1\",\"entity\":\"custommer\"}",
        "{\"subscribe\":\"s1\",\"entity\":\"customer\",\"after\":\"nonsense\"}"
      })
  void aSubscriptionThatCannotBeIsToldAndTheSocketLives(String frame) throws Exception {
    try (Socket socket = new Socket(token())) {
      socket.send(frame);
      JsonNode answer = socket.next();
      assertEquals("s1", answer.path("sub").asText(), answer::toString);
      assertFalse(answer.path("error").path("code").asText().isEmpty(), answer::toString);
      socket.send("{\"subscribe\":\"s2\",\"entity\":\"customer\"}");
      assertEquals("s2", socket.next().path("subscribed").asText());
    }
  }

  private String token() {
    return server.process().token();
  }

  private HttpResponse<String> get(String path) throws Exception {
    return send(server.process().request(path).build());
  }

  private URI uri(String path) {
    return server.api().resolve(path);
  }

  private HttpResponse<String> send(HttpRequest request) throws Exception {
    // An endless stream in place of a refusal would not end by the request's own limit.
    return http.sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .get(SECONDS, TimeUnit.SECONDS);
  }

  private HttpResponse<String> patch(
      String path, String body, String type, @Nullable String ifMatch) throws Exception {
    HttpRequest.Builder request =
        server
            .process()
            .request(path)
            .header("Content-Type", type)
            .method("PATCH", BodyPublishers.ofString(body));
    if (ifMatch != null) {
      request.header("If-Match", ifMatch);
    }
    return send(request.build());
  }

  /** What every refusal has in common. */
  private static JsonNode problem(HttpResponse<String> answer, int status) {
    String seen = answer.request() + ": " + answer.statusCode() + " " + answer.body();
    assertEquals(status, answer.statusCode(), seen);
    String type = answer.headers().firstValue("Content-Type").orElse("");
    assertTrue(type.startsWith("application/problem+json"), seen + " " + type);
    JsonNode problem = ExactJson.parse(answer.body());
    assertEquals(status, problem.path("status").asInt(), seen);
    for (String field : List.of("type", "title", "code", "detail")) {
      assertFalse(problem.path(field).asText().isBlank(), field + " in " + seen);
    }
    for (String inside :
        List.of("Exception", "\tat ", "java.", "io.quarkus", "dev.unisono.engine")) {
      assertFalse(answer.body().contains(inside), seen);
    }
    return problem;
  }

  /** A socket of the test's own, closed at its end. For one thread. */
  private final class Socket implements WebSocket.Listener, AutoCloseable {
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final WebSocket webSocket;

    Socket(String token) throws Exception {
      WebSocket.Builder builder = http.newWebSocketBuilder();
      if (!token.isEmpty()) {
        builder.header("Authorization", "Bearer " + token);
      }
      this.webSocket =
          builder
              .buildAsync(URI.create("ws://" + server.api().getAuthority() + "/v1/stream"), this)
              .get(SECONDS, TimeUnit.SECONDS);
    }

    void send(String frame) {
      try {
        webSocket.sendText(frame, true).join();
      } catch (CompletionException closedAlready) {
        // Then its code says why.
      }
    }

    int closeCode() throws Exception {
      return closed.get(SECONDS, TimeUnit.SECONDS);
    }

    JsonNode next() throws InterruptedException {
      String frame = frames.poll(SECONDS, TimeUnit.SECONDS);
      assertTrue(frame != null, "no frame came");
      return ExactJson.parse(frame == null ? "null" : frame);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        frames.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      closed.completeExceptionally(error);
    }

    @Override
    public void close() {
      webSocket.abort();
    }
  }
}
