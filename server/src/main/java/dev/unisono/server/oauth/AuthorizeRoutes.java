package dev.unisono.server.oauth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationErrorResponse;
import com.nimbusds.oauth2.sdk.AuthorizationRequest;
import com.nimbusds.oauth2.sdk.AuthorizationSuccessResponse;
import com.nimbusds.oauth2.sdk.ErrorObject;
import com.nimbusds.oauth2.sdk.OAuth2Error;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseMode;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.util.URLUtils;
import com.nimbusds.openid.connect.sdk.OIDCError;
import dev.unisono.engine.access.Scope;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.access.Principal;
import dev.unisono.server.access.Secrets;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where browsers come from clients, so that a person may consent, and are sent back with a code.
 * Nobody is sent anywhere before the client and the address are known to belong together. Safe for
 * threads.
 */
final class AuthorizeRoutes {
  private static final String FORM = "application/x-www-form-urlencoded";
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int MOST_WAITING = 10_000;

  private final Clients clients;
  private final Families families;
  private final OwnTokens own;
  private final Access access;
  private final ClientDoor door;

  /** What was asked and waits for an answer, by the hash of what the form sends along. */
  private final Cache<String, Waiting> waiting;

  /**
   * A page that asks somebody.
   *
   * @param session of the browser that has it: from no other an answer is taken
   */
  private record Waiting(Asked asked, String session) {}

  /** A request of a client that is in order. */
  private record Asked(
      Client client, URI redirect, @Nullable State state, String challenge, Set<Scope> scopes) {}

  AuthorizeRoutes(
      Clients clients,
      Families families,
      OwnTokens own,
      Access access,
      ClientDoor door,
      InstantSource clock) {
    this.clients = clients;
    this.families = families;
    this.own = own;
    this.access = access;
    this.door = door;
    this.waiting =
        Caffeine.newBuilder()
            .maximumSize(MOST_WAITING)
            .expireAfterWrite(PATIENCE)
            .ticker(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()))
            .build();
  }

  void mount(Router router, Doorway doorway) {
    router
        .get(TokenRoutes.AUTHORIZE)
        .handler(context -> doorway.open(context, (each, _) -> ask(each)));
    router
        .post(TokenRoutes.AUTHORIZE)
        .handler(context -> doorway.openWithBody(context, this::answer));
  }

  private void ask(RoutingContext context) {
    String query = context.request().query();
    Map<String, List<String>> parameters = URLUtils.parseParameters(query == null ? "" : query);
    Client client = single(parameters, "client_id").flatMap(clients::enabled).orElse(null);
    if (client == null) {
      ConsentPage.problem(context, "There is no such client. Tell whoever runs the program.");
      return;
    }
    String address = single(parameters, "redirect_uri").orElse("");
    if (!client.settings().redirects().contains(address)) {
      ConsentPage.problem(
          context,
          "The program wants to be told at an address that it has not registered. Tell whoever"
              + " runs it.");
      return;
    }
    URI redirect = URI.create(address);
    State state =
        single(parameters, "state").filter(each -> !each.isEmpty()).map(State::new).orElse(null);
    try {
      Asked asked = asked(client, redirect, state, parameters);
      Access.Browser browser = access.browser(context.request()).orElse(null);
      if (browser == null) {
        toSignIn(context, query == null ? "" : query);
      } else {
        show(context, asked, browser);
      }
    } catch (OauthError wrong) {
      sendBack(context, redirect, state, wrong.error());
    }
  }

  /** A parameter that is there once. */
  private static Optional<String> single(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    return values.size() == 1 ? Optional.of(values.getFirst()) : Optional.empty();
  }

  private Asked asked(
      Client client, URI redirect, @Nullable State state, Map<String, List<String>> parameters) {
    AuthorizationRequest request;
    try {
      request = AuthorizationRequest.parse(redirect, parameters);
    } catch (ParseException unreadable) {
      throw OauthError.of(unreadable);
    }
    if (request.specifiesRequestObject()) {
      throw new OauthError(
          OAuth2Error.REQUEST_NOT_SUPPORTED, "Requests are made of parameters alone.");
    }
    if (!request.getResponseType().equals(ResponseType.CODE)) {
      throw new OauthError(OAuth2Error.UNSUPPORTED_RESPONSE_TYPE, "response_type is code.");
    }
    ResponseMode mode = request.getResponseMode();
    if (mode != null && !mode.equals(ResponseMode.QUERY)) {
      throw new OauthError(OAuth2Error.INVALID_REQUEST, "response_mode is query.");
    }
    if (!client.may(Client.Grant.AUTHORIZATION_CODE)) {
      throw new OauthError(
          OAuth2Error.UNAUTHORIZED_CLIENT, "This client may not use authorization_code.");
    }
    if (request.getCodeChallenge() == null
        || !CodeChallengeMethod.S256.equals(request.getCodeChallengeMethod())) {
      throw new OauthError(
          OAuth2Error.INVALID_REQUEST, "code_challenge is needed, by code_challenge_method=S256.");
    }
    if (request.getPrompt() != null && request.getPrompt().toStringList().contains("none")) {
      throw new OauthError(OIDCError.CONSENT_REQUIRED, "A person is always asked.");
    }
    return new Asked(
        client,
        redirect,
        state,
        request.getCodeChallenge().getValue(),
        TokenRoutes.asked(request.getScope(), client.settings().scopes()));
  }

  /** By our own page, which comes back here: to this very path, whatever the query says. */
  private static void toSignIn(RoutingContext context, String query) {
    String then = TokenRoutes.AUTHORIZE + "?" + query;
    send(context, "/?then=" + URLEncoder.encode(then, StandardCharsets.UTF_8));
  }

  private void show(RoutingContext context, Asked asked, Access.Browser browser) {
    String ticket = Secrets.next();
    waiting.put(Secrets.hash(ticket), new Waiting(asked, browser.session()));
    ConsentPage.show(
        context,
        new ConsentPage.Question(
            asked.client().settings().name(),
            asked.redirect(),
            browser.principal().name(),
            asked.scopes(),
            ticket));
  }

  private void answer(RoutingContext context, Buffer body) {
    Optional<Access.Browser> browser = access.browser(context.request());
    String type = context.request().getHeader("Content-Type");
    if (browser.isEmpty() || type == null || !type.startsWith(FORM)) {
      ConsentPage.problem(context, "You are not signed in any more. Go back to the program.");
      return;
    }
    Map<String, List<String>> form =
        URLUtils.parseParameters(body.toString(StandardCharsets.UTF_8));
    // Taken, so that an answer counts once.
    Waiting question =
        single(form, "ticket")
            .map(Secrets::hash)
            .map(hash -> waiting.asMap().remove(hash))
            .filter(each -> each.session().equals(browser.get().session()))
            .orElse(null);
    if (question == null) {
      ConsentPage.problem(
          context,
          "This page was answered already, or is too old. Go back to the program and begin"
              + " again.");
      return;
    }
    boolean allowed = single(form, "answer").filter("allow"::equals).isPresent();
    decide(context, question.asked(), browser.get().principal(), allowed);
  }

  private void decide(RoutingContext context, Asked asked, Principal person, boolean allowed) {
    Client client = asked.client();
    door.tell(
        context,
        Audit.Kind.ACCESS,
        person.name(),
        "consent",
        client.caller(),
        allowed,
        (allowed ? "Consented to " : "Refused ") + Clients.text(asked.scopes()) + ".");
    if (!allowed) {
      sendBack(
          context,
          asked.redirect(),
          asked.state(),
          OAuth2Error.ACCESS_DENIED.setDescription("The person has not consented."));
      return;
    }
    String code =
        families.code(
            new Families.Consent(
                client.id(),
                asked.redirect().toString(),
                asked.challenge(),
                person.name(),
                person.credential(),
                asked.scopes()));
    send(
        context,
        new AuthorizationSuccessResponse(
                asked.redirect(),
                new AuthorizationCode(code),
                null,
                asked.state(),
                new Issuer(own.issuer()),
                ResponseMode.QUERY)
            .toURI()
            .toString());
  }

  private void sendBack(
      RoutingContext context, URI redirect, @Nullable State state, ErrorObject error) {
    send(
        context,
        new AuthorizationErrorResponse(
                redirect, error, state, new Issuer(own.issuer()), ResponseMode.QUERY)
            .toURI()
            .toString());
  }

  private static void send(RoutingContext context, String to) {
    context.response().putHeader("Location", to).putHeader("Referrer-Policy", "no-referrer");
    Answers.empty(context, 303);
  }
}
