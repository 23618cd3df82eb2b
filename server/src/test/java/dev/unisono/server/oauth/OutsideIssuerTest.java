package dev.unisono.server.oauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.config.AccessConfig;
import dev.unisono.engine.config.AccessConfig.IssuerConfig;
import dev.unisono.server.operation.Caller;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of somebody else, whose keys are published by a small server of the test's own. */
final class OutsideIssuerTest {
  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  @SuppressWarnings("NullAway.Init") // before each test
  private OauthServer server;

  @SuppressWarnings("NullAway.Init") // before each test
  private HttpServer issuer;

  @SuppressWarnings("NullAway.Init") // before each test
  private RSAKey key;

  private final AtomicReference<String> metadata = new AtomicReference<>("");
  private final AtomicReference<List<JWK>> keys = new AtomicReference<>(List.of());
  private final AtomicInteger fetched = new AtomicInteger();
  private final Discovery discovery = new Discovery();

  @BeforeEach
  void open() throws Exception {
    server = new OauthServer(folder);
    key = new RSAKeyGenerator(2048).keyID("one").generate();
    keys.set(List.of(key.toPublicJWK()));
    issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    issuer.createContext(
        "/realm/.well-known/openid-configuration", exchange -> answer(exchange, metadata.get()));
    issuer.createContext(
        "/realm/keys",
        exchange -> {
          fetched.incrementAndGet();
          answer(exchange, new JWKSet(keys.get()).toString(true));
        });
    issuer.createContext(
        "/moved",
        exchange -> {
          exchange.getResponseHeaders().add("Location", address() + "/keys");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    issuer.start();
    metadata.set(metadata(address(), address() + "/keys"));
    configure(config(Set.of("RS256", "ES256"), null));
  }

  private static void answer(com.sun.net.httpserver.HttpExchange exchange, String text)
      throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static String metadata(String issuer, String keys) {
    return """
    {
      "issuer": "%s",
      "jwks_uri": "%s",
      "authorization_endpoint": "https://corp.example/auth",
      "token_endpoint": "https://corp.example/token",
      "subject_types_supported": ["public"],
      "response_types_supported": ["code"],
      "id_token_signing_alg_values_supported": ["RS256"]
    }
    """
        .formatted(issuer, keys);
  }

  private String address() {
    return "http://127.0.0.1:" + issuer.getAddress().getPort() + "/realm";
  }

  private IssuerConfig config(
      Set<String> algorithms, @org.jspecify.annotations.Nullable String scopes) {
    return new IssuerConfig(
        address(),
        "corp",
        "unisono",
        "realm_access.roles",
        Map.of("Support Team", AccessPolicy.VIEWER, "Ops", AccessPolicy.OPERATOR),
        scopes,
        Set.of("country"),
        algorithms);
  }

  private void configure(IssuerConfig config) {
    AccessConfig before = server.config.get();
    server.config.set(
        new AccessConfig(before.policy(), List.of(), before.oauth(), List.of(config)));
  }

  @AfterEach
  void close() throws Exception {
    discovery.close();
    issuer.stop(0);
    server.close();
  }

  private JWTClaimsSet.Builder claims(String... roles) {
    return new JWTClaimsSet.Builder()
        .issuer(address())
        .audience(List.of("account", "unisono"))
        .subject("ann")
        .claim("country", "FR")
        .claim("realm_access", Map.of("roles", List.of(roles)))
        .expirationTime(Date.from(server.now.get().plusSeconds(300)));
  }

  private static String signed(RSAKey key, JWTClaimsSet claims) throws Exception {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
    token.sign(new RSASSASigner(key));
    return token.serialize();
  }

  private void fetch() throws InterruptedException {
    server.oauth().fetch();
  }

  @Test
  void itsPeopleAreLetInByTheRolesThatTheConfigGivesThem() throws Exception {
    String token = signed(key, claims("Support Team", "unknown").build());
    HttpResponse<String> early =
        server.send("GET", "/v1/me", "", "Authorization", "Bearer " + token);
    assertEquals(503, early.statusCode());
    assertEquals("30", early.headers().firstValue("Retry-After").orElse(""));
    assertEquals("issuer-keys-unknown", OauthServer.json(early.body()).path("code").asText());
    fetch();
    assertEquals("corp:ann reads=true writes=false", server.me(token));
    Caller caller = Objects.requireNonNull(server.caller.get());
    assertEquals(Set.of("viewer"), caller.rights().subject().roles());
    assertEquals(Map.of("country", "FR"), caller.rights().subject().claims());
    assertEquals("corp:ann reads=true writes=true", server.me(signed(key, claims("Ops").build())));
    // A role of ours that it does not name by its own words is none.
    assertEquals(
        "corp:ann reads=false writes=false",
        server.me(signed(key, claims("admin", "operator").build())));
    server.pass(Duration.ofSeconds(331));
    assertEquals("token-expired", server.me(token));
    assertTrue(caller.standing().now(caller).isEmpty());
  }

  @Test
  void whatIsNotMeantForUsIsRefused() throws Exception {
    server.me(signed(key, claims("Ops").build()));
    fetch();
    RSAKey foreign = new RSAKeyGenerator(2048).keyID("one").generate();
    assertEquals("wrong-token", server.me(signed(foreign, claims("Ops").build())));
    for (JWTClaimsSet bad :
        new JWTClaimsSet[] {
          claims("Ops").audience("other").build(),
          claims("Ops").audience((String) null).build(),
          claims("Ops").issuer(address() + "/").build(),
          claims("Ops").issuer("https://corp.example").build(),
          claims("Ops").subject(null).build(),
          claims("Ops").subject("").build(),
          claims("Ops").expirationTime(null).build()
        }) {
      assertEquals("wrong-token", server.me(signed(key, bad)), bad.toString());
    }
    SignedJWT confused =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("one").build(), claims("Ops").build());
    confused.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
    assertEquals("wrong-token", server.me(confused.serialize()));
    // Ours by its name, signed by theirs.
    server.token(server.machine());
    assertEquals(
        "wrong-token", server.me(signed(key, claims("Ops").issuer(OauthServer.ISSUER).build())));
  }

  @Test
  void aKeyThatIsNotKnownIsAskedForAndNotTooOften() throws Exception {
    server.me(signed(key, claims("Ops").build()));
    fetch();
    assertEquals(1, fetched.get());
    ECKey next = new ECKeyGenerator(Curve.P_256).keyID("two").generate();
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("two").build(), claims("Ops").build());
    token.sign(new ECDSASigner(next));
    assertEquals("issuer-keys-unknown", server.me(token.serialize()));
    keys.set(List.of(key.toPublicJWK(), next.toPublicJWK()));
    fetch();
    assertEquals(1, fetched.get());
    server.pass(Duration.ofSeconds(30));
    fetch();
    assertEquals(2, fetched.get());
    assertEquals("corp:ann reads=true writes=true", server.me(token.serialize()));
    server.pass(Duration.ofSeconds(60));
    fetch();
    assertEquals(2, fetched.get());
    server.pass(Duration.ofMinutes(4));
    fetch();
    assertEquals(3, fetched.get());
  }

  @Test
  void whatAKeyHasSignedEndsWithIt() throws Exception {
    String token = signed(key, claims("Ops").build());
    server.me(token);
    fetch();
    assertEquals("corp:ann reads=true writes=true", server.me(token));
    Caller follows = Objects.requireNonNull(server.caller.get());
    keys.set(List.of(new RSAKeyGenerator(2048).keyID("two").generate().toPublicJWK()));
    server.pass(Duration.ofMinutes(5).minusSeconds(10));
    fetch();
    server.pass(Duration.ofSeconds(10));
    fetch();
    assertEquals("issuer-keys-unknown", server.me(token));
    assertTrue(follows.standing().now(follows).isEmpty());
  }

  @Test
  void theConfigOfNowCounts() throws Exception {
    String token = signed(key, claims("Ops").claim("scope", "openid admin/*:read").build());
    server.me(token);
    fetch();
    assertEquals("corp:ann reads=true writes=true", server.me(token));
    Caller follows = Objects.requireNonNull(server.caller.get());
    configure(config(Set.of("RS256"), "scope"));
    assertEquals("issuer-keys-unknown", server.me(token));
    assertTrue(follows.standing().now(follows).isEmpty());
    fetch();
    assertEquals("corp:ann reads=true writes=false", server.me(token));
    // Scopes alone give nothing.
    assertEquals(
        "corp:ann reads=false writes=false",
        server.me(signed(key, claims().claim("scope", "admin/*:read").build())));
    AccessConfig before = server.config.get();
    server.config.set(new AccessConfig(before.policy(), List.of(), before.oauth(), List.of()));
    assertEquals("wrong-token", server.me(token));
  }

  @Test
  void onlyWhatIsTheIssuersOwnIsTaken() throws Exception {
    assertEquals(1, discovery.keys(address()).size());
    List<String> wrong = new ArrayList<>();
    wrong.add(metadata("https://corp.example", address() + "/keys"));
    wrong.add(metadata(address() + "/", address() + "/keys"));
    wrong.add(metadata(address(), "http://keys.example/keys"));
    wrong.add(metadata(address(), "file:///etc/passwd"));
    wrong.add(metadata(address(), "http://127.0.0.1:" + issuer.getAddress().getPort() + "/moved"));
    wrong.add(metadata(address(), address() + "/nothing"));
    wrong.add("{}");
    wrong.add("not JSON");
    wrong.add(" ".repeat(300_000) + metadata(address(), address() + "/keys"));
    for (String each : wrong) {
      metadata.set(each);
      assertThrows(IOException.class, () -> discovery.keys(address()), each.strip());
    }
    assertThrows(IOException.class, () -> discovery.keys("http://corp.example/realm"));
    metadata.set(metadata(address(), address() + "/keys"));
    keys.set(List.of(key));
    assertFalse(discovery.keys(address()).getKeys().getFirst().isPrivate());
  }
}
