package dev.unisono.server.oauth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import dev.unisono.engine.access.AdminArea;
import dev.unisono.engine.config.AccessConfig;
import dev.unisono.engine.config.AccessConfig.OauthConfig;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.ServerConfig;
import dev.unisono.engine.config.Config.StateConfig;
import dev.unisono.engine.config.Config.WebhookConfig;
import dev.unisono.engine.config.LimitsConfig;
import dev.unisono.engine.state.DoorsDatabase;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Needs;
import dev.unisono.server.limit.Limits;
import dev.unisono.server.operation.Caller;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The routes of this room behind a real HTTP server, beside one that says who calls, with a clock
 * that a test moves. For one thread.
 */
final class OauthServer {
  static final String ISSUER = "https://data.example";

  private static final ObjectMapper JSON = new ObjectMapper();

  final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));
  final AtomicReference<AccessConfig> config =
      new AtomicReference<>(
          new AccessConfig(
              AccessConfig.NONE.policy(),
              List.of(),
              new OauthConfig(ISSUER, Duration.ofDays(30), Duration.ofMinutes(10)),
              List.of()));
  final List<Audit.Event> told = new CopyOnWriteArrayList<>();

  /** Who has asked last. */
  final AtomicReference<@Nullable Caller> caller = new AtomicReference<>();

  private final Path folder;
  private final DoorsDatabase database;
  private final Vertx vertx = Vertx.vertx();
  private final HttpServer server;
  private final HttpClient client =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
  private final Access access;
  private final Oauth oauth;

  OauthServer(Path folder) throws Exception {
    this.folder = folder;
    this.database = DoorsDatabase.open(folder);
    this.access = Access.open(folder, database, () -> config.get().policy(), told::add, now::get);
    this.oauth = new Oauth(folder, database, access, this::config, now::get);
    Router router = Router.router(vertx);
    Doorway doorway =
        new Doorway(access, new Limits(vertx, () -> LimitsConfig.NONE, System::nanoTime));
    oauth.mount(router, doorway);
    router
        .get("/v1/me")
        .handler(context ->
            doorway.known(
                context,
                (each, _) -> {
                  Caller known = Doorway.caller(each);
                  caller.set(known);
                  Answers.text(
                      each,
                      200,
                      "text/plain",
                      known.name()
                          + " reads="
                          + known.rights().may(AdminArea.OPERATIONS, false).allowed()
                          + " writes="
                          + known.rights().may(AdminArea.OPERATIONS, true).allowed());
                }));
    router.errorHandler(
        500, context -> Answers.text(context, 500, "text/plain", "" + context.failure()));
    Needs.mark(router, List.of());
    this.server =
        vertx
            .createHttpServer()
            .requestHandler(router)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get(30, TimeUnit.SECONDS);
  }

  private Config config() {
    return new Config(
        new ServerConfig("127.0.0.1", 8080),
        new StateConfig(folder, Duration.ofDays(1), 1, Duration.ZERO, 1),
        new WebhookConfig(List.of(), Duration.ofSeconds(1), Duration.ofDays(1)),
        config.get(),
        LimitsConfig.NONE,
        Map.of(),
        Map.of(),
        List.of());
  }

  Access access() {
    return access;
  }

  Oauth oauth() {
    return oauth;
  }

  void pass(Duration time) {
    now.updateAndGet(before -> before.plus(time));
  }

  String admin() throws Exception {
    return "Bearer " + Files.readString(folder.resolve("admin-token")).strip();
  }

  HttpResponse<String> send(String method, String path, String body, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path))
            .timeout(Duration.ofSeconds(30))
            .method(method, BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** Whom the server takes a token for, or the code by which it does not. */
  String me(String token) throws Exception {
    HttpResponse<String> answer = send("GET", "/v1/me", "", "Authorization", "Bearer " + token);
    return answer.statusCode() == 200 || answer.statusCode() == 500
        ? answer.body()
        : json(answer.body()).path("code").asText();
  }

  static JsonNode json(String text) throws Exception {
    return JSON.readTree(text);
  }

  static String form(String... pairs) {
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < pairs.length; i += 2) {
      parts.add(pairs[i] + "=" + URLEncoder.encode(pairs[i + 1], StandardCharsets.UTF_8));
    }
    return String.join("&", parts);
  }

  static String basic(JsonNode client) {
    String both = client.path("id").asText() + ":" + client.path("secret").asText();
    return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }

  HttpResponse<String> post(String path, @Nullable String authorization, String... pairs)
      throws Exception {
    List<String> headers =
        new ArrayList<>(List.of("Content-Type", "application/x-www-form-urlencoded"));
    if (authorization != null) {
      headers.add("Authorization");
      headers.add(authorization);
    }
    return send("POST", path, form(pairs), headers.toArray(String[]::new));
  }

  JsonNode client(String body) throws Exception {
    HttpResponse<String> made = send("POST", "/v1/admin/clients", body, "Authorization", admin());
    if (made.statusCode() != 201) {
      throw new AssertionError(made.body());
    }
    return json(made.body());
  }

  JsonNode machine() throws Exception {
    return client(
        """
        { "name": "Reporting", "scopes": ["admin/operations:read", "admin/metrics:read"] }
        """);
  }

  String token(JsonNode client) throws Exception {
    HttpResponse<String> given =
        post("/oauth/token", basic(client), "grant_type", "client_credentials");
    if (given.statusCode() != 200) {
      throw new AssertionError(given.body());
    }
    return json(given.body()).path("access_token").asText();
  }

  /** The key that signs, with what is private of it. */
  RSAKey key() throws Exception {
    return (RSAKey)
        JWKSet.parse(Files.readString(folder.resolve(SigningKeys.FILE))).getKeys().getFirst();
  }

  void close() throws Exception {
    oauth.close();
    client.close();
    database.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }
}
