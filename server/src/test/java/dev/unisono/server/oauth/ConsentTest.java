package dev.unisono.server.oauth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.oauth2.sdk.pkce.CodeChallenge;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.oauth2.sdk.util.URLUtils;
import dev.unisono.engine.access.Scope;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.ApiKeys;
import dev.unisono.server.operation.Caller;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A browser, a person and a program that wants to act in that person's name. */
final class ConsentTest {
  private static final String BACK = "https://app.example/back?x=1";
  private static final Pattern TICKET = Pattern.compile("name=\"ticket\" value=\"([^\"]+)\"");

  @SuppressWarnings("NullAway.Init") // by JUnit
  @TempDir
  private Path folder;

  @SuppressWarnings("NullAway.Init") // before each test
  private OauthServer server;

  @SuppressWarnings("NullAway.Init") // before each test
  private JsonNode client;

  @SuppressWarnings("NullAway.Init") // before each test
  private String cookie;

  private final CodeVerifier verifier = new CodeVerifier();

  @BeforeEach
  void open() throws Exception {
    server = new OauthServer(folder);
    client =
        server.client(
            """
            {
              "name": "<b>App</b>",
              "type": "public",
              "grantTypes": ["authorization_code", "refresh_token"],
              "redirectUris": ["https://app.example/back?x=1", "http://127.0.0.1:7777/back"],
              "scopes": ["admin/operations:read", "admin/metrics:read"]
            }
            """);
    cookie = signedIn();
  }

  @AfterEach
  void close() throws Exception {
    server.close();
  }

  private String signedIn() {
    Access access = server.access();
    return Access.COOKIE
        + "="
        + access.signIn(access.newSignInCode(Caller.ADMIN), null).orElseThrow();
  }

  /** What the program asks for, with something else in the place of some of it. */
  private String asked(String... others) {
    Map<String, String> parameters =
        new HashMap<>(
            Map.of(
                "response_type",
                "code",
                "client_id",
                client.path("id").asText(),
                "redirect_uri",
                BACK,
                "state",
                "a state",
                "code_challenge_method",
                "S256",
                "code_challenge",
                CodeChallenge.compute(CodeChallengeMethod.S256, verifier).getValue()));
    for (int i = 0; i < others.length; i += 2) {
      if (others[i + 1].isEmpty()) {
        parameters.remove(others[i]);
      } else {
        parameters.put(others[i], others[i + 1]);
      }
    }
    return OauthServer.form(
        parameters.entrySet().stream()
            .flatMap(each -> List.of(each.getKey(), each.getValue()).stream())
            .toArray(String[]::new));
  }

  private HttpResponse<String> ask(String query) throws Exception {
    return server.send(
        "GET", "/oauth/authorize?" + query, "", "Cookie", cookie, "Sec-Fetch-Site", "same-origin");
  }

  private String ticket(HttpResponse<String> page) {
    assertEquals(200, page.statusCode(), page.body());
    Matcher ticket = TICKET.matcher(page.body());
    assertTrue(ticket.find(), page.body());
    return ticket.group(1);
  }

  private HttpResponse<String> answer(String ticket, String answer, String... headers)
      throws Exception {
    String[] all = new String[headers.length + 2];
    all[0] = "Content-Type";
    all[1] = "application/x-www-form-urlencoded";
    System.arraycopy(headers, 0, all, 2, headers.length);
    return server.send(
        "POST", "/oauth/authorize", OauthServer.form("ticket", ticket, "answer", answer), all);
  }

  private HttpResponse<String> allow(String ticket) throws Exception {
    return answer(ticket, "allow", "Cookie", cookie, "Sec-Fetch-Site", "same-origin");
  }

  private static String location(HttpResponse<String> answer) {
    assertEquals(303, answer.statusCode(), answer.body());
    return answer.headers().firstValue("Location").orElseThrow();
  }

  private static String parameter(String address, String name) {
    return URLUtils.parseParameters(URI.create(address).getRawQuery())
        .getOrDefault(name, List.of(""))
        .getFirst();
  }

  private String code() throws Exception {
    return parameter(location(allow(ticket(ask(asked())))), "code");
  }

  private HttpResponse<String> redeem(String code, String... others) throws Exception {
    Map<String, String> pairs =
        new HashMap<>(
            Map.of(
                "grant_type",
                "authorization_code",
                "client_id",
                client.path("id").asText(),
                "code",
                code,
                "redirect_uri",
                BACK,
                "code_verifier",
                verifier.getValue()));
    for (int i = 0; i < others.length; i += 2) {
      if (others[i + 1].isEmpty()) {
        pairs.remove(others[i]);
      } else {
        pairs.put(others[i], others[i + 1]);
      }
    }
    return server.post(
        "/oauth/token",
        null,
        pairs.entrySet().stream()
            .flatMap(each -> List.of(each.getKey(), each.getValue()).stream())
            .toArray(String[]::new));
  }

  private HttpResponse<String> refresh(String token, String... more) throws Exception {
    String[] pairs = new String[more.length + 6];
    System.arraycopy(
        new String[] {
          "grant_type",
          "refresh_token",
          "client_id",
          client.path("id").asText(),
          "refresh_token",
          token
        },
        0,
        pairs,
        0,
        6);
    System.arraycopy(more, 0, pairs, 6, more.length);
    return server.post("/oauth/token", null, pairs);
  }

  private static String error(HttpResponse<String> answer) throws Exception {
    return answer.statusCode() + " " + OauthServer.json(answer.body()).path("error").asText();
  }

  private JsonNode given(HttpResponse<String> answer) throws Exception {
    assertEquals(200, answer.statusCode(), answer.body());
    return OauthServer.json(answer.body());
  }

  @Test
  void aPersonConsentsAndTheProgramActsInTheirNameAndNoMore() throws Exception {
    HttpResponse<String> page = ask(asked());
    String policy = page.headers().firstValue("Content-Security-Policy").orElse("");
    assertTrue(policy.contains("default-src 'none'"), policy);
    assertTrue(policy.contains("frame-ancestors 'none'"), policy);
    assertFalse(policy.contains("unsafe"), policy);
    assertTrue(policy.contains("form-action 'self' https://app.example;"), policy);
    assertEquals("no-store", page.headers().firstValue("Cache-Control").orElse(""));
    assertTrue(page.body().contains("&lt;b&gt;App&lt;/b&gt;"), page.body());
    assertFalse(page.body().contains("<script"), page.body());
    String back = location(allow(ticket(page)));
    assertTrue(back.startsWith(BACK + "&"), back);
    assertEquals("a state", parameter(back, "state"));
    assertEquals(OauthServer.ISSUER, parameter(back, "iss"));
    JsonNode tokens = given(redeem(parameter(back, "code")));
    assertEquals("admin reads=true writes=false", server.me(tokens.path("access_token").asText()));
    assertTrue(tokens.has("refresh_token"));
    assertTrue(
        server.told.stream()
            .anyMatch(event ->
                event.action().equals("consent")
                    && event.actor().equals("admin")
                    && event.allowed()));
  }

  @Test
  void whoIsNotSignedInGoesByOurOwnPage() throws Exception {
    String query = asked();
    for (String[] headers :
        new String[][] {
          {},
          {"Cookie", "unisono_session=x", "Sec-Fetch-Site", "same-origin"},
          {"Cookie", cookie, "Sec-Fetch-Site", "cross-site"},
          {"Authorization", server.admin()}
        }) {
      String to = location(server.send("GET", "/oauth/authorize?" + query, "", headers));
      assertTrue(to.startsWith("/?then="), to);
      assertEquals("/oauth/authorize?" + query, parameter(to, "then"));
    }
  }

  @Test
  void nobodyIsSentToAnAddressThatIsNotRegistered() throws Exception {
    for (String address :
        new String[] {
          "https://app.example/back?x=1/more",
          "https://app.example/back?x=1&y=2",
          "https://app.example/back",
          "https://app.example/back?x=1#f",
          "https://APP.example/back?x=1",
          "https://app.example:443/back?x=1",
          "https://app.example.evil.example/back?x=1",
          "https://app.example@evil.example/back?x=1",
          "https://evil.example/",
          "//evil.example/back?x=1",
          "javascript:alert(1)",
          "http://127.0.0.1:7778/back",
          ""
        }) {
      HttpResponse<String> refused = ask(asked("redirect_uri", address));
      assertEquals(400, refused.statusCode(), address);
      assertTrue(refused.headers().firstValue("Location").isEmpty(), address);
    }
    assertEquals(400, ask(asked() + "&redirect_uri=https%3A%2F%2Fevil.example").statusCode());
    assertEquals(400, ask(asked("client_id", "nobody")).statusCode());
    assertEquals(400, ask("").statusCode());
    server.send(
        "PATCH",
        "/v1/admin/clients/" + client.path("id").asText(),
        "{\"disabled\":true}",
        "Authorization",
        server.admin());
    assertEquals(400, ask(asked()).statusCode());
  }

  @Test
  void whatElseIsWrongTheProgramIsTold() throws Exception {
    for (String[] wrong :
        new String[][] {
          {"response_type", "token", "unsupported_response_type"},
          {"response_type", "code token", "unsupported_response_type"},
          {"response_type", "", "invalid_request"},
          {"code_challenge", "", "invalid_request"},
          {"code_challenge_method", "", "invalid_request"},
          {"code_challenge_method", "plain", "invalid_request"},
          {"scope", "admin/operations:write", "invalid_scope"},
          {"scope", "openid", "invalid_scope"},
          {"response_mode", "fragment", "invalid_request"},
          {"prompt", "none", "consent_required"}
        }) {
      String to = location(ask(asked(wrong[0], wrong[1])));
      assertTrue(to.startsWith(BACK + "&"), to);
      assertEquals(wrong[2], parameter(to, "error"), to);
      assertEquals("a state", parameter(to, "state"));
      assertEquals(OauthServer.ISSUER, parameter(to, "iss"));
    }
    String refused =
        location(
            answer(
                ticket(ask(asked())), "refuse", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"));
    assertEquals("access_denied", parameter(refused, "error"));
  }

  @Test
  void onlyTheBrowserThatWasAskedAnswersAndOnce() throws Exception {
    String ticket = ticket(ask(asked()));
    String other = signedIn();
    for (String[] headers :
        new String[][] {
          {},
          {"Cookie", cookie, "Sec-Fetch-Site", "cross-site"},
          {"Cookie", cookie, "Origin", "https://evil.example"}
        }) {
      HttpResponse<String> refused = answer(ticket, "allow", headers);
      assertEquals(400, refused.statusCode());
      assertTrue(refused.headers().firstValue("Location").isEmpty());
    }
    assertEquals(400, allow("forged").statusCode());
    assertEquals(
        400,
        answer(ticket(ask(asked())), "allow", "Cookie", other, "Sec-Fetch-Site", "same-origin")
            .statusCode());
    assertEquals(303, allow(ticket).statusCode());
    assertEquals(400, allow(ticket).statusCode());
    String late = ticket(ask(asked()));
    server.pass(Duration.ofMinutes(11));
    assertEquals(400, allow(late).statusCode());
  }

  @Test
  void aCodeIsGoodForItsClientWithItsVerifierForAMinute() throws Exception {
    assertEquals("400 invalid_grant", error(redeem("nonsense")));
    String code = code();
    assertEquals(
        "400 invalid_grant", error(redeem(code, "code_verifier", new CodeVerifier().getValue())));
    // Whoever guesses does not guess twice.
    assertEquals("400 invalid_grant", error(redeem(code)));
    assertEquals("400 invalid_grant", error(redeem(code(), "code_verifier", "")));
    assertEquals(
        "400 invalid_grant", error(redeem(code(), "redirect_uri", "http://127.0.0.1:7777/back")));
    assertEquals("400 invalid_grant", error(redeem(code(), "redirect_uri", BACK + "/more")));
    assertEquals("400 invalid_grant", error(redeem(code(), "redirect_uri", "")));
    String mine = code();
    JsonNode stranger =
        server.client(
            """
            {
              "name": "Other",
              "type": "public",
              "grantTypes": ["authorization_code"],
              "redirectUris": ["https://app.example/back?x=1"],
              "scopes": ["admin/operations:read"]
            }
            """);
    assertEquals(
        "400 invalid_grant", error(redeem(mine, "client_id", stranger.path("id").asText())));
    given(redeem(mine));
    String old = code();
    server.pass(Duration.ofSeconds(60));
    assertEquals("400 invalid_grant", error(redeem(old)));
  }

  @Test
  void aSecondUseOfACodeEndsWhatTheFirstGave() throws Exception {
    String code = code();
    JsonNode tokens = given(redeem(code));
    String access = tokens.path("access_token").asText();
    assertEquals("admin reads=true writes=false", server.me(access));
    Caller follows = Objects.requireNonNull(server.caller.get());
    assertEquals("400 invalid_grant", error(redeem(code)));
    assertEquals("token-expired", server.me(access));
    assertTrue(follows.standing().now(follows).isEmpty());
    assertEquals("400 invalid_grant", error(refresh(tokens.path("refresh_token").asText())));
    assertTrue(server.told.stream().anyMatch(event -> event.action().equals("token.reuse")));
  }

  @Test
  void aRefreshTokenThatIsUsedAgainEndsItsFamily() throws Exception {
    String bystander = given(redeem(code())).path("access_token").asText();
    JsonNode first = given(redeem(code()));
    String one = first.path("refresh_token").asText();
    JsonNode second = given(refresh(one));
    String two = second.path("refresh_token").asText();
    assertNotEquals(one, two);
    JsonNode third = given(refresh(two));
    for (JsonNode each : new JsonNode[] {first, second, third}) {
      assertEquals("admin reads=true writes=false", server.me(each.path("access_token").asText()));
    }
    assertEquals("400 invalid_grant", error(refresh(one)));
    for (JsonNode each : new JsonNode[] {first, second, third}) {
      assertEquals("token-expired", server.me(each.path("access_token").asText()));
    }
    assertEquals("400 invalid_grant", error(refresh(third.path("refresh_token").asText())));
    assertEquals("admin reads=true writes=false", server.me(bystander));
    assertTrue(
        server.told.stream()
            .anyMatch(event -> event.action().equals("token.reuse") && !event.allowed()));
    server.close();
    server = new OauthServer(folder);
    assertEquals("token-expired", server.me(third.path("access_token").asText()));
    assertEquals("admin reads=true writes=false", server.me(bystander));
  }

  @Test
  void aRefreshTokenGivesLessWhereThatIsAskedForAndNeverMore() throws Exception {
    JsonNode tokens = given(redeem(code()));
    String refresh = tokens.path("refresh_token").asText();
    assertEquals("400 invalid_scope", error(refresh(refresh, "scope", "*:read")));
    // A wrong scope has not used it up.
    JsonNode less = given(refresh(refresh, "scope", "admin/metrics:read"));
    assertEquals("admin reads=false writes=false", server.me(less.path("access_token").asText()));
    String next = less.path("refresh_token").asText();
    server.pass(Duration.ofDays(30));
    assertEquals("400 invalid_grant", error(refresh(next)));
  }

  @Test
  void aConsentEndsWithItsRefreshTokenThatIsGivenBack() throws Exception {
    JsonNode tokens = given(redeem(code()));
    String access = tokens.path("access_token").asText();
    assertEquals("admin reads=true writes=false", server.me(access));
    assertEquals(
        200,
        server
            .post(
                "/oauth/revoke",
                null,
                "client_id",
                client.path("id").asText(),
                "token",
                tokens.path("refresh_token").asText(),
                "token_type_hint",
                "refresh_token")
            .statusCode());
    assertEquals("token-expired", server.me(access));
    assertEquals("400 invalid_grant", error(refresh(tokens.path("refresh_token").asText())));
  }

  @Test
  void whoHasConsentedCountsAsTheyAreNow() throws Exception {
    Access access = server.access();
    ApiKeys.Wanted reads =
        new ApiKeys.Wanted(
            new TreeSet<>(Set.of("operator")),
            Set.of(Scope.parse("admin/*:read").orElseThrow()),
            Map.of(),
            Caller.STANDARD,
            null);
    String key = access.keys().create("ann", reads);
    Caller ann = access.admit("Bearer " + key);
    cookie = Access.COOKIE + "=" + access.signIn(access.newSignInCode(ann), null).orElseThrow();
    JsonNode tokens = given(redeem(code()));
    String token = tokens.path("access_token").asText();
    assertEquals("key:ann reads=true writes=false", server.me(token));
    access
        .keys()
        .change("ann", new ApiKeys.Wanted(new TreeSet<>(), null, Map.of(), Caller.STANDARD, null));
    // Without a role there is nothing that a scope could be good for.
    assertEquals("key:ann reads=false writes=false", server.me(token));
    access.keys().revoke("ann");
    assertEquals("token-expired", server.me(token));
    assertEquals("400 invalid_grant", error(refresh(tokens.path("refresh_token").asText())));
  }
}
