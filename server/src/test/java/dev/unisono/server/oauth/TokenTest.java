package dev.unisono.server.oauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.unisono.server.access.ApiKeys;
import dev.unisono.server.operation.Caller;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Date;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that programs are given for themselves, and what is tried with them. */
final class TokenTest {
  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  @SuppressWarnings("NullAway.Init") // before each test
  private OauthServer server;

  @BeforeEach
  void open() throws Exception {
    server = new OauthServer(folder);
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private static String name(JsonNode client) {
    return "client:" + client.path("id").asText();
  }

  private static JWTClaimsSet claims(String token) throws Exception {
    return SignedJWT.parse(token).getJWTClaimsSet();
  }

  private String error(HttpResponse<String> answer) throws Exception {
    return answer.statusCode() + " " + OauthServer.json(answer.body()).path("error").asText();
  }

  @Test
  void aTokenIsAsTheStandardsSay() throws Exception {
    JsonNode client = server.machine();
    HttpResponse<String> given =
        server.post("/oauth/token", OauthServer.basic(client), "grant_type", "client_credentials");
    assertEquals(200, given.statusCode());
    assertEquals("no-store", given.headers().firstValue("Cache-Control").orElse(""));
    JsonNode answer = OauthServer.json(given.body());
    assertEquals("Bearer", answer.path("token_type").asText());
    assertEquals(600, answer.path("expires_in").asInt());
    assertEquals("admin/metrics:read admin/operations:read", answer.path("scope").asText());
    assertFalse(answer.has("refresh_token"));
    SignedJWT token = SignedJWT.parse(answer.path("access_token").asText());
    assertEquals("at+jwt", token.getHeader().getType().getType());
    assertEquals("RS256", token.getHeader().getAlgorithm().getName());
    JWTClaimsSet claims = token.getJWTClaimsSet();
    String id = client.path("id").asText();
    assertEquals(OauthServer.ISSUER, claims.getIssuer());
    assertEquals(id, claims.getSubject());
    assertEquals(id, claims.getStringClaim("client_id"));
    assertEquals(java.util.List.of(OauthServer.ISSUER), claims.getAudience());
    assertEquals(
        Duration.ofMinutes(10),
        Duration.between(
            claims.getIssueTime().toInstant(), claims.getExpirationTime().toInstant()));
    assertNotNull(claims.getJWTID());
    assertEquals(name(client) + " reads=true writes=false", server.me(token.serialize()));
  }

  @Test
  void bothWaysToShowASecretAreTakenAndNoOther() throws Exception {
    JsonNode client = server.machine();
    String id = client.path("id").asText();
    String secret = client.path("secret").asText();
    String grant = "client_credentials";
    assertEquals(
        200,
        server
            .post(
                "/oauth/token", null, "grant_type", grant, "client_id", id, "client_secret", secret)
            .statusCode());
    assertEquals(
        "401 invalid_client",
        error(
            server.post(
                "/oauth/token",
                null,
                "grant_type",
                grant,
                "client_id",
                id,
                "client_secret",
                secret + "x")));
    assertEquals(
        "401 invalid_client",
        error(server.post("/oauth/token", null, "grant_type", grant, "client_id", id)));
    HttpResponse<String> both =
        server.post(
            "/oauth/token",
            OauthServer.basic(client),
            "grant_type",
            grant,
            "client_id",
            id,
            "client_secret",
            secret);
    assertEquals(400, both.statusCode());
    HttpResponse<String> none = server.post("/oauth/token", null, "grant_type", grant);
    assertEquals("401 invalid_client", error(none));
    assertTrue(none.headers().firstValue("WWW-Authenticate").isPresent());
    assertEquals("no-store", none.headers().firstValue("Cache-Control").orElse(""));
  }

  @Test
  void moreThanAClientHasIsNotGiven() throws Exception {
    JsonNode client = server.machine();
    String basic = OauthServer.basic(client);
    String grant = "client_credentials";
    for (String scope : new String[] {"admin/operations:write", "*:read", "openid", "a\"b"}) {
      assertEquals(
          "400 invalid_scope",
          error(server.post("/oauth/token", basic, "grant_type", grant, "scope", scope)),
          scope);
    }
    JsonNode less =
        OauthServer.json(
            server
                .post("/oauth/token", basic, "grant_type", grant, "scope", "admin/metrics:read")
                .body());
    assertEquals("admin/metrics:read", less.path("scope").asText());
    assertEquals(
        name(client) + " reads=false writes=false", server.me(less.path("access_token").asText()));
    for (String other : new String[] {"password", "implicit", "authorization_code", "x"}) {
      HttpResponse<String> refused =
          server.post(
              "/oauth/token",
              basic,
              "grant_type",
              other,
              "username",
              "a",
              "password",
              "b",
              "code",
              "c",
              "redirect_uri",
              "https://a.example");
      assertEquals(400, refused.statusCode(), refused.body());
    }
    assertEquals(
        400,
        server.send("POST", "/oauth/token", "{}", "Content-Type", "application/json").statusCode());
  }

  @Test
  void aTokenEndsAndClocksMayBeApartALittle() throws Exception {
    JsonNode client = server.machine();
    String token = server.token(client);
    server.pass(Duration.ofSeconds(629));
    assertTrue(server.me(token).startsWith(name(client)));
    Caller follows = Objects.requireNonNull(server.caller.get());
    server.pass(Duration.ofSeconds(2));
    assertEquals("token-expired", server.me(token));
    assertTrue(follows.standing().now(follows).isEmpty());
  }

  /** What somebody signs who has the very key. */
  private String signed(JWSHeader header, JWTClaimsSet claims) throws Exception {
    SignedJWT token = new SignedJWT(header, claims);
    token.sign(new RSASSASigner(server.key()));
    return token.serialize();
  }

  private JWSHeader.Builder header() throws Exception {
    return new JWSHeader.Builder(JWSAlgorithm.RS256)
        .type(OwnTokens.TYPE)
        .keyID(server.key().getKeyID());
  }

  @Test
  void whatIsNotMeantForUsIsRefusedWhoeverHasSignedIt() throws Exception {
    JsonNode client = server.machine();
    JWTClaimsSet good = claims(server.token(client));
    assertTrue(server.me(signed(header().build(), good)).startsWith(name(client)));
    for (JWTClaimsSet bad :
        new JWTClaimsSet[] {
          new JWTClaimsSet.Builder(good).issuer("https://other.example").build(),
          new JWTClaimsSet.Builder(good).issuer(OauthServer.ISSUER + "/").build(),
          new JWTClaimsSet.Builder(good).issuer(null).build(),
          new JWTClaimsSet.Builder(good).audience("https://other.example").build(),
          new JWTClaimsSet.Builder(good).audience((String) null).build(),
          new JWTClaimsSet.Builder(good).subject(null).build(),
          new JWTClaimsSet.Builder(good).jwtID(null).build(),
          new JWTClaimsSet.Builder(good).expirationTime(null).build(),
          new JWTClaimsSet.Builder(good).claim("client_id", null).build(),
          new JWTClaimsSet.Builder(good).claim("client_id", 7).build(),
          new JWTClaimsSet.Builder(good).claim("generation", "x").build(),
          new JWTClaimsSet.Builder(good).claim("scope", null).build(),
          new JWTClaimsSet.Builder(good)
              .notBeforeTime(Date.from(server.now.get().plusSeconds(60)))
              .build()
        }) {
      assertEquals("wrong-token", server.me(signed(header().build(), bad)), bad.toString());
    }
    for (JOSEObjectType type : new JOSEObjectType[] {JOSEObjectType.JWT, new JOSEObjectType("x")}) {
      assertEquals("wrong-token", server.me(signed(header().type(type).build(), good)));
    }
    assertEquals(
        "wrong-token",
        server.me(
            signed(
                new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(server.key().getKeyID()).build(),
                good)));
    for (JWSAlgorithm other : new JWSAlgorithm[] {JWSAlgorithm.RS512, JWSAlgorithm.PS256}) {
      assertEquals(
          "wrong-token",
          server.me(
              signed(
                  new JWSHeader.Builder(other)
                      .type(OwnTokens.TYPE)
                      .keyID(server.key().getKeyID())
                      .build(),
                  good)));
    }
    assertEquals(
        "wrong-token",
        server.me(signed(header().criticalParams(Set.of("x")).customParam("x", 1).build(), good)));
  }

  @Test
  void nobodyElseSigns() throws Exception {
    JsonNode client = server.machine();
    String token = server.token(client);
    JWTClaimsSet good = claims(token);
    assertEquals("wrong-token", server.me(new PlainJWT(good).serialize()));
    String[] parts = token.split("\\.", -1);
    String none =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                "{\"alg\":\"none\",\"typ\":\"at+jwt\"}".getBytes(StandardCharsets.UTF_8));
    assertEquals("wrong-token", server.me(none + "." + parts[1] + "."));
    assertEquals("wrong-token", server.me(none + "." + parts[1] + "." + parts[2]));
    assertEquals("wrong-token", server.me(parts[0] + "." + parts[1] + "."));
    assertEquals("wrong-token", server.me("a.b.c"));
    assertEquals("wrong-token", server.me(token + "." + parts[2]));

    // The public key, which everybody has, as the secret of a symmetric algorithm.
    for (byte[] secret :
        new byte[][] {
          server.key().toRSAPublicKey().getEncoded(),
          server.key().toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8)
        }) {
      SignedJWT confused =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.HS256)
                  .type(OwnTokens.TYPE)
                  .keyID(server.key().getKeyID())
                  .build(),
              good);
      confused.sign(new MACSigner(secret));
      assertEquals("wrong-token", server.me(confused.serialize()));
    }

    RSAKey foreign = new RSAKeyGenerator(2048).keyID("foreign").generate();
    for (JWSHeader header :
        new JWSHeader[] {
          header().build(),
          header().keyID(null).build(),
          header().keyID("foreign").build(),
          header().keyID("foreign").jwk(foreign.toPublicJWK()).build(),
          header().jwk(foreign.toPublicJWK()).build(),
          header().keyID(null).jwk(foreign.toPublicJWK()).build(),
          header().jwkURL(URI.create("http://127.0.0.1:1/keys")).build(),
          header().x509CertURL(URI.create("http://127.0.0.1:1/cert")).build(),
          header().keyID("../../oauth-keys.json").build(),
          header().keyID("/dev/null").build(),
          header().keyID("x' OR '1'='1").build(),
          header().keyID("'; DROP TABLE oauth_client; --").build()
        }) {
      SignedJWT forged = new SignedJWT(header, good);
      forged.sign(new RSASSASigner(foreign));
      assertEquals("wrong-token", server.me(forged.serialize()), header.toString());
    }
    assertTrue(server.me(token).startsWith(name(client)));
  }

  @Test
  void aTokenThatIsGivenBackCountsNoMoreThoughItIsRemembered() throws Exception {
    JsonNode client = server.machine();
    String basic = OauthServer.basic(client);
    String token = server.token(client);
    String other = server.token(client);
    assertTrue(server.me(token).startsWith(name(client)));
    Caller follows = Objects.requireNonNull(server.caller.get());
    assertTrue(follows.unchanged());
    JsonNode told =
        OauthServer.json(server.post("/oauth/introspect", basic, "token", token).body());
    assertTrue(told.path("active").asBoolean());
    assertEquals(client.path("id").asText(), told.path("client_id").asText());

    JsonNode stranger = server.machine();
    assertEquals(
        "400 invalid_grant",
        error(server.post("/oauth/revoke", OauthServer.basic(stranger), "token", token)));
    assertTrue(server.me(token).startsWith(name(client)));

    HttpResponse<String> revoked = server.post("/oauth/revoke", basic, "token", token);
    assertEquals(200, revoked.statusCode());
    assertEquals("token-expired", server.me(token));
    assertTrue(follows.standing().now(follows).isEmpty());
    assertTrue(server.me(other).startsWith(name(client)));
    assertEquals(
        "{\"active\":false}", server.post("/oauth/introspect", basic, "token", token).body());
    assertEquals(200, server.post("/oauth/revoke", basic, "token", token).statusCode());
    assertEquals(200, server.post("/oauth/revoke", basic, "token", "nonsense").statusCode());
    assertEquals("400 invalid_request", error(server.post("/oauth/revoke", null, "token", token)));
    assertEquals(
        "401 invalid_client", error(server.post("/oauth/introspect", null, "token", token)));
  }

  @Test
  void whatWasTakenBackStaysSoAfterARestart() throws Exception {
    JsonNode client = server.machine();
    String token = server.token(client);
    server.post("/oauth/revoke", OauthServer.basic(client), "token", token);
    server.close();
    server = new OauthServer(folder);
    assertEquals("token-expired", server.me(token));
    assertTrue(server.me(server.token(client)).startsWith(name(client)));
  }

  @Test
  void aClientThatIsDisabledOrDeletedHasNothingLeft() throws Exception {
    JsonNode client = server.machine();
    String path = "/v1/admin/clients/" + client.path("id").asText();
    String token = server.token(client);
    assertTrue(server.me(token).startsWith(name(client)));
    Caller follows = Objects.requireNonNull(server.caller.get());
    assertEquals(
        200,
        server
            .send("PATCH", path, "{\"disabled\":true}", "Authorization", server.admin())
            .statusCode());
    assertEquals("token-expired", server.me(token));
    assertTrue(follows.standing().now(follows).isEmpty());
    assertEquals(
        "401 invalid_client",
        error(
            server.post(
                "/oauth/token", OauthServer.basic(client), "grant_type", "client_credentials")));
    server.send("PATCH", path, "{\"disabled\":false}", "Authorization", server.admin());
    assertEquals("token-expired", server.me(token));
    String again = server.token(client);
    assertTrue(server.me(again).startsWith(name(client)));
    assertEquals(
        204, server.send("DELETE", path, "", "Authorization", server.admin()).statusCode());
    assertEquals("token-expired", server.me(again));
  }

  @Test
  void lessForAClientIsLessAtOnce() throws Exception {
    JsonNode client = server.machine();
    String token = server.token(client);
    assertEquals(name(client) + " reads=true writes=false", server.me(token));
    Caller follows = Objects.requireNonNull(server.caller.get());
    HttpResponse<String> patched =
        server.send(
            "PATCH",
            "/v1/admin/clients/" + client.path("id").asText(),
            "{\"scopes\":[\"admin/metrics:read\",\"admin/operations:write\"]}",
            "Authorization",
            server.admin());
    assertEquals(200, patched.statusCode(), patched.body());
    // What it was given for is the most that it will ever be good for.
    assertEquals(name(client) + " reads=false writes=false", server.me(token));
    assertFalse(follows.unchanged());
  }

  @Test
  void twoSecretsCountWhileOneTakesThePlaceOfTheOther() throws Exception {
    JsonNode client = server.machine();
    String path = "/v1/admin/clients/" + client.path("id").asText() + "/secret";
    HttpResponse<String> rotated = server.send("POST", path, "", "Authorization", server.admin());
    assertEquals("no-store", rotated.headers().firstValue("Cache-Control").orElse(""));
    JsonNode second = OauthServer.json(rotated.body());
    assertNotEquals(client.path("secret"), second.path("secret"));
    assertEquals(2, second.path("secrets").size());
    server.token(client);
    server.token(second);
    server.pass(Duration.ofHours(24));
    server.token(second);
    assertEquals(
        "401 invalid_client",
        error(
            server.post(
                "/oauth/token", OauthServer.basic(client), "grant_type", "client_credentials")));
    JsonNode third =
        OauthServer.json(
            server.send("POST", path + "?overlap=0", "", "Authorization", server.admin()).body());
    server.token(third);
    assertEquals(
        "401 invalid_client",
        error(
            server.post(
                "/oauth/token", OauthServer.basic(second), "grant_type", "client_credentials")));
    JsonNode shown =
        OauthServer.json(
            server
                .send(
                    "GET",
                    "/v1/admin/clients/" + client.path("id").asText(),
                    "",
                    "Authorization",
                    server.admin())
                .body());
    assertFalse(shown.has("secret"));
    assertEquals(1, shown.path("secrets").size());
  }

  @Test
  void aClientIsDescribedInOrder() throws Exception {
    for (String[] wrong :
        new String[][] {
          {"{}", "name"},
          {"{\"name\":\"a\"}", "scopes"},
          {"{\"name\":\"a\",\"scopes\":[\"x\"]}", "scopes"},
          {"{\"name\":\"a\",\"scopes\":[\"*:read\"],\"roles\":[\"amdin\"]}", "roles"},
          {"{\"name\":\"a\",\"scopes\":[\"*:read\"],\"grantTypes\":[\"password\"]}", "grantTypes"},
          {"{\"name\":\"a\",\"scopes\":[\"*:read\"],\"type\":\"public\"}", "grantTypes"},
          {
            "{\"name\":\"a\",\"scopes\":[\"*:read\"],\"grantTypes\":[\"authorization_code\"]}",
            "redirectUris"
          },
        }) {
      HttpResponse<String> refused =
          server.send("POST", "/v1/admin/clients", wrong[0], "Authorization", server.admin());
      assertEquals(422, refused.statusCode(), refused.body());
      assertEquals(wrong[1], OauthServer.json(refused.body()).path("field").asText(), wrong[0]);
    }
    for (String redirect :
        new String[] {
          "http://app.example/back",
          "https://app.example/back#x",
          "https://*.app.example/back",
          "https://me@app.example/back",
          "javascript:alert(1)",
          "/back",
          "https:///back",
          "http://127.0.0.1.example/back",
          "app://back"
        }) {
      HttpResponse<String> refused =
          server.send(
              "POST",
              "/v1/admin/clients",
              "{\"name\":\"a\",\"scopes\":[\"*:read\"],\"redirectUris\":[\"" + redirect + "\"]}",
              "Authorization",
              server.admin());
      assertEquals("bad-url", OauthServer.json(refused.body()).path("code").asText(), redirect);
    }
  }

  @Test
  void nobodyGivesMoreThanTheyHave() throws Exception {
    server.client(
        """
        { "name": "Powerful", "scopes": ["*:write"], "roles": ["admin"] }
        """);
    String powerful =
        OauthServer.json(
                server.send("GET", "/v1/admin/clients", "", "Authorization", server.admin()).body())
            .at("/items/0/id")
            .asText();
    String key =
        server
            .access()
            .keys()
            .create(
                "manager",
                new ApiKeys.Wanted(
                    new TreeSet<>(),
                    Set.of(
                        dev.unisono.engine.access.Scope.parse("admin/access:write").orElseThrow(),
                        dev.unisono.engine.access.Scope.parse("admin/access:read").orElseThrow(),
                        dev.unisono.engine.access.Scope.parse("item:read").orElseThrow()),
                    Map.of(),
                    Caller.STANDARD,
                    null));
    String manager = "Bearer " + key;
    for (String wanted :
        new String[] {
          "{\"name\":\"a\",\"scopes\":[\"item:read\"],\"roles\":[\"admin\"]}",
          "{\"name\":\"a\",\"scopes\":[\"item:read\"],\"roles\":[\"viewer\"]}",
          "{\"name\":\"a\",\"scopes\":[\"item:write\"]}",
          "{\"name\":\"a\",\"scopes\":[\"*:read\"]}",
          "{\"name\":\"a\",\"scopes\":[\"item:read\"],\"claims\":{\"country\":\"FR\"}}",
          "{\"name\":\"a\",\"scopes\":[\"item:read\"],\"tier\":\"premium\"}"
        }) {
      HttpResponse<String> refused =
          server.send("POST", "/v1/admin/clients", wanted, "Authorization", manager);
      assertEquals(403, refused.statusCode(), wanted);
      assertEquals("more-than-held", OauthServer.json(refused.body()).path("code").asText());
    }
    String path = "/v1/admin/clients/" + powerful;
    assertEquals(
        403, server.send("POST", path + "/secret", "", "Authorization", manager).statusCode());
    assertEquals(403, server.send("PATCH", path, "{}", "Authorization", manager).statusCode());
    HttpResponse<String> made =
        server.send(
            "POST",
            "/v1/admin/clients",
            "{\"name\":\"a\",\"scopes\":[\"item:read\"]}",
            "Authorization",
            manager);
    assertEquals(201, made.statusCode(), made.body());
    String token = server.token(OauthServer.json(made.body()));
    assertEquals(
        403,
        server
            .send("GET", "/v1/admin/clients", "", "Authorization", "Bearer " + token)
            .statusCode());
  }

  @Test
  void whatIsGivenAndRefusedIsTold() throws Exception {
    JsonNode client = server.machine();
    server.token(client);
    server.post(
        "/oauth/token",
        OauthServer.basic(client),
        "grant_type",
        "client_credentials",
        "scope",
        "x");
    assertTrue(
        server.told.stream()
            .anyMatch(event -> event.action().equals("client.create") && event.allowed()));
    assertTrue(
        server.told.stream()
            .anyMatch(event ->
                event.action().equals("token.give")
                    && event.actor().equals(name(client))
                    && event.allowed()));
    assertTrue(
        server.told.stream()
            .anyMatch(event -> event.action().equals("token.give") && !event.allowed()));
    String secret = client.path("secret").asText();
    assertTrue(server.told.stream().noneMatch(event -> event.toString().contains(secret)));
  }

  @Test
  void whoeverComesLearnsHowItGoes() throws Exception {
    JsonNode metadata =
        OauthServer.json(server.send("GET", "/.well-known/oauth-authorization-server", "").body());
    assertEquals(OauthServer.ISSUER, metadata.path("issuer").asText());
    assertEquals(OauthServer.ISSUER + "/oauth/token", metadata.path("token_endpoint").asText());
    assertEquals("S256", metadata.at("/code_challenge_methods_supported/0").asText());
    assertEquals(1, metadata.path("response_types_supported").size());
    assertTrue(metadata.path("authorization_response_iss_parameter_supported").asBoolean());
    JsonNode keys = OauthServer.json(server.send("GET", "/oauth/jwks", "").body());
    assertEquals(1, keys.path("keys").size());
    assertFalse(keys.at("/keys/0").has("d"));
  }
}
