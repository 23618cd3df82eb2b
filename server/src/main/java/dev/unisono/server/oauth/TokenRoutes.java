package dev.unisono.server.oauth;

import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.oauth2.sdk.AccessTokenResponse;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.ClientCredentialsGrant;
import com.nimbusds.oauth2.sdk.GrantType;
import com.nimbusds.oauth2.sdk.OAuth2Error;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.RefreshTokenGrant;
import com.nimbusds.oauth2.sdk.ResponseMode;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.TokenIntrospectionRequest;
import com.nimbusds.oauth2.sdk.TokenIntrospectionSuccessResponse;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenRevocationRequest;
import com.nimbusds.oauth2.sdk.as.AuthorizationServerMetadata;
import com.nimbusds.oauth2.sdk.auth.ClientAuthenticationMethod;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.Audience;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.JWTID;
import com.nimbusds.oauth2.sdk.id.Subject;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.token.AccessTokenType;
import com.nimbusds.oauth2.sdk.token.BearerAccessToken;
import com.nimbusds.oauth2.sdk.token.RefreshToken;
import com.nimbusds.oauth2.sdk.token.Tokens;
import dev.unisono.engine.access.Scope;
import dev.unisono.server.access.Audit;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where clients are given tokens, ask what becomes of them, give them back, and learn how all that
 * goes. Safe for threads.
 */
final class TokenRoutes {
  static final String AUTHORIZE = "/oauth/authorize";
  private static final String TOKEN = "/oauth/token";
  private static final String INTROSPECT = "/oauth/introspect";
  private static final String REVOKE = "/oauth/revoke";
  private static final String KEYS = "/oauth/jwks";

  /** Shorter than a key is shown before it signs. */
  private static final String SHOWN_FOR = "public, max-age=300";

  private final ClientDoor door;
  private final OwnTokens own;
  private final SignedTokens checked;
  private final Families families;
  private final SigningKeys keys;

  TokenRoutes(
      ClientDoor door, OwnTokens own, SignedTokens checked, Families families, SigningKeys keys) {
    this.door = door;
    this.own = own;
    this.checked = checked;
    this.families = families;
    this.keys = keys;
  }

  void mount(Router router, Doorway doorway) {
    router.post(TOKEN).handler(context -> doorway.openWithBody(context, this::token));
    router.post(INTROSPECT).handler(context -> doorway.openWithBody(context, this::introspect));
    router.post(REVOKE).handler(context -> doorway.openWithBody(context, this::revoke));
    router.get(KEYS).handler(context -> doorway.open(context, this::keys));
    router
        .get("/.well-known/oauth-authorization-server")
        .handler(context -> doorway.open(context, this::metadata));
  }

  private URI at(String path) {
    return URI.create(own.issuer() + path);
  }

  private void token(RoutingContext context, Buffer body) {
    door.answer(context, body, at(TOKEN), request -> token(context, request));
  }

  private HTTPResponse token(RoutingContext context, HTTPRequest from) throws ParseException {
    TokenRequest request = TokenRequest.parse(from);
    Client client;
    try {
      client = door.identified(request);
    } catch (OauthError unknown) {
      refused(context, "client", unknown);
      throw unknown;
    }
    try {
      return switch (request.getAuthorizationGrant()) {
        case ClientCredentialsGrant _ -> ofItsOwn(context, client, request);
        case AuthorizationCodeGrant grant -> ofCode(context, client, grant);
        case RefreshTokenGrant grant -> ofRefresh(context, client, grant, request);
        default ->
            throw new OauthError(
                OAuth2Error.UNSUPPORTED_GRANT_TYPE,
                "There are client_credentials, authorization_code and refresh_token.");
      };
    } catch (OauthError wrong) {
      refused(context, client.caller(), wrong);
      throw wrong;
    }
  }

  private void refused(RoutingContext context, String actor, OauthError wrong) {
    door.tell(
        context,
        Audit.Kind.SIGN_IN,
        actor,
        "token.give",
        "",
        false,
        wrong.error().getCode() + ": " + wrong.getMessage());
  }

  private static void mayBeGiven(Client client, Client.Grant grant) {
    if (!client.may(grant)) {
      throw new OauthError(
          OAuth2Error.UNAUTHORIZED_CLIENT, "This client may not use " + grant.word() + ".");
    }
  }

  private HTTPResponse ofItsOwn(RoutingContext context, Client client, TokenRequest request) {
    mayBeGiven(client, Client.Grant.CLIENT_CREDENTIALS);
    if (!client.settings().confidential()) {
      throw new OauthError(
          OAuth2Error.UNAUTHORIZED_CLIENT, "A public client cannot show who it is.");
    }
    Set<Scope> scopes = asked(request.getScope(), client.settings().scopes());
    return given(context, client, null, scopes, null);
  }

  private HTTPResponse ofCode(RoutingContext context, Client client, AuthorizationCodeGrant grant) {
    mayBeGiven(client, Client.Grant.AUTHORIZATION_CODE);
    URI redirect = grant.getRedirectionURI();
    Families.Outcome outcome =
        families.redeem(
            grant.getAuthorizationCode().getValue(),
            client,
            redirect == null ? null : redirect.toString(),
            grant.getCodeVerifier(),
            family -> own.person(family).isPresent(),
            own.lifetime());
    return of(context, client, outcome, null);
  }

  private HTTPResponse ofRefresh(
      RoutingContext context, Client client, RefreshTokenGrant grant, TokenRequest request) {
    mayBeGiven(client, Client.Grant.REFRESH_TOKEN);
    String token = grant.getRefreshToken().getValue();
    // Looked at before it is used up by what is wrong with the scopes alone.
    families
        .refreshable(token)
        .filter(known -> known.counts() && known.family().client().equals(client.id()))
        .ifPresent(known -> asked(request.getScope(), good(client, known.family())));
    Families.Outcome outcome =
        families.renew(token, client, family -> own.person(family).isPresent());
    return of(context, client, outcome, request.getScope());
  }

  private static Set<Scope> good(Client client, Family family) {
    return Scope.within(family.scopes(), client.settings().scopes());
  }

  private HTTPResponse of(
      RoutingContext context,
      Client client,
      Families.Outcome outcome,
      com.nimbusds.oauth2.sdk.@Nullable Scope asked) {
    return switch (outcome) {
      case Families.Outcome.Given(Family family, String refresh) ->
          given(context, client, family, asked(asked, good(client, family)), refresh);
      case Families.Outcome.Denied(String why) ->
          throw new OauthError(OAuth2Error.INVALID_GRANT, why);
      case Families.Outcome.Reused(Family family) -> {
        door.tell(
            context,
            Audit.Kind.SIGN_IN,
            client.caller(),
            "token.reuse",
            family == null ? "" : family.person(),
            false,
            "What is good for one use was used again: all that came of that consent has ended.");
        throw new OauthError(
            OAuth2Error.INVALID_GRANT, "It was used before; all that came of it has ended.");
      }
    };
  }

  /** The scopes that were asked for; all there are where none were. */
  static Set<Scope> asked(com.nimbusds.oauth2.sdk.@Nullable Scope asked, Set<Scope> most) {
    if (asked == null || asked.isEmpty()) {
      return most;
    }
    Set<Scope> scopes = new HashSet<>();
    for (String text : asked.toStringList()) {
      Optional<Scope> scope =
          Scope.parse(text).filter(each -> most.stream().anyMatch(one -> one.comprises(each)));
      scopes.add(
          scope.orElseThrow(() ->
              new OauthError(
                  OAuth2Error.INVALID_SCOPE,
                  "This client is given no more than: " + Clients.text(most) + ".")));
    }
    return scopes;
  }

  private HTTPResponse given(
      RoutingContext context,
      Client client,
      @Nullable Family family,
      Set<Scope> scopes,
      @Nullable String refresh) {
    String token = own.made(client, family, scopes);
    door.tell(
        context,
        Audit.Kind.SIGN_IN,
        client.caller(),
        "token.give",
        family == null ? client.caller() : family.person(),
        true,
        "Gave a token for " + Clients.text(scopes) + ".");
    BearerAccessToken access =
        new BearerAccessToken(
            token,
            own.lifetime().toSeconds(),
            com.nimbusds.oauth2.sdk.Scope.parse(Clients.text(scopes)));
    return new AccessTokenResponse(
            new Tokens(access, refresh == null ? null : new RefreshToken(refresh)))
        .toHTTPResponse();
  }

  private void introspect(RoutingContext context, Buffer body) {
    door.answer(
        context,
        body,
        at(INTROSPECT),
        from -> {
          TokenIntrospectionRequest request = TokenIntrospectionRequest.parse(from);
          Client client = door.authenticated(request);
          String token = request.getToken().getValue();
          return own(token)
              .map(this::told)
              .or(() -> families.refreshable(token).flatMap(known -> told(client, known)))
              .orElseGet(() -> new TokenIntrospectionSuccessResponse.Builder(false).build())
              .toHTTPResponse();
        });
  }

  /** An access token of ours that counts. */
  private Optional<OwnTokens.Verified> own(String token) {
    try {
      return checked
          .verified(token)
          .filter(known -> known.principal().isPresent())
          .filter(OwnTokens.Verified.class::isInstance)
          .map(OwnTokens.Verified.class::cast);
    } catch (Refusal none) {
      return Optional.empty();
    }
  }

  private TokenIntrospectionSuccessResponse told(OwnTokens.Verified token) {
    return new TokenIntrospectionSuccessResponse.Builder(true)
        .tokenType(AccessTokenType.BEARER)
        .scope(com.nimbusds.oauth2.sdk.Scope.parse(Clients.text(token.scopes())))
        .clientID(new ClientID(token.clientId()))
        .subject(new Subject(token.claims().getSubject()))
        .issuer(new Issuer(own.issuer()))
        .audience(List.of(new Audience(own.issuer())))
        .jwtID(new JWTID(token.claims().getJWTID()))
        .issueTime(token.claims().getIssueTime())
        .expirationTime(token.claims().getExpirationTime())
        .build();
  }

  /** Of refresh tokens nobody is told but whose they are. */
  private Optional<TokenIntrospectionSuccessResponse> told(
      Client client, Families.Refreshable known) {
    Family family = known.family();
    if (!known.counts() || !family.client().equals(client.id()) || own.person(family).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new TokenIntrospectionSuccessResponse.Builder(true)
            .scope(com.nimbusds.oauth2.sdk.Scope.parse(Clients.text(good(client, family))))
            .clientID(new ClientID(family.client()))
            .subject(new Subject(family.person()))
            .issuer(new Issuer(own.issuer()))
            .expirationTime(Date.from(known.ends().truncatedTo(ChronoUnit.SECONDS)))
            .build());
  }

  private void revoke(RoutingContext context, Buffer body) {
    door.answer(
        context,
        body,
        at(REVOKE),
        from -> {
          TokenRevocationRequest request = TokenRevocationRequest.parse(from);
          Client client = door.identified(request);
          revoke(context, client, request.getToken().getValue());
          return new HTTPResponse(HTTPResponse.SC_OK);
        });
  }

  /** What is none of ours, or has ended, is as well as revoked (RFC 7009, section 2.2). */
  private void revoke(RoutingContext context, Client client, String token) {
    Optional<OwnTokens.Verified> access = own(token);
    Optional<Families.Refreshable> refresh = families.refreshable(token);
    String owner =
        access
            .map(OwnTokens.Verified::clientId)
            .or(() -> refresh.map(known -> known.family().client()))
            .orElse(null);
    if (owner == null) {
      return;
    }
    if (!owner.equals(client.id())) {
      throw new OauthError(OAuth2Error.INVALID_GRANT, "The token was given to another client.");
    }
    access.ifPresent(known -> families.revoke(known.claims().getJWTID(), known.ends()));
    refresh.ifPresent(known -> families.end(known.family().id()));
    door.tell(
        context,
        Audit.Kind.SIGN_IN,
        client.caller(),
        "token.revoke",
        "",
        true,
        access.isPresent() ? "Took a token back." : "Ended all that came of a consent.");
  }

  private void keys(RoutingContext context, Buffer body) {
    context.response().putHeader("Cache-Control", SHOWN_FOR);
    Answers.text(context, 200, JWKSet.MIME_TYPE, keys.shown().toString(true));
  }

  private void metadata(RoutingContext context, Buffer body) {
    AuthorizationServerMetadata metadata =
        new AuthorizationServerMetadata(new Issuer(own.issuer()));
    metadata.setAuthorizationEndpointURI(at(AUTHORIZE));
    metadata.setTokenEndpointURI(at(TOKEN));
    metadata.setIntrospectionEndpointURI(at(INTROSPECT));
    metadata.setRevocationEndpointURI(at(REVOKE));
    metadata.setJWKSetURI(at(KEYS));
    metadata.setResponseTypes(List.of(ResponseType.CODE));
    metadata.setResponseModes(List.of(ResponseMode.QUERY));
    metadata.setGrantTypes(
        List.of(
            GrantType.CLIENT_CREDENTIALS, GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN));
    List<ClientAuthenticationMethod> secrets =
        List.of(
            ClientAuthenticationMethod.CLIENT_SECRET_BASIC,
            ClientAuthenticationMethod.CLIENT_SECRET_POST);
    List<ClientAuthenticationMethod> all =
        List.of(
            ClientAuthenticationMethod.CLIENT_SECRET_BASIC,
            ClientAuthenticationMethod.CLIENT_SECRET_POST,
            ClientAuthenticationMethod.NONE);
    metadata.setTokenEndpointAuthMethods(all);
    metadata.setRevocationEndpointAuthMethods(all);
    metadata.setIntrospectionEndpointAuthMethods(secrets);
    metadata.setCodeChallengeMethods(List.of(CodeChallengeMethod.S256));
    metadata.setSupportsAuthorizationResponseIssuerParam(true);
    context.response().putHeader("Cache-Control", SHOWN_FOR);
    Answers.text(context, 200, "application/json", metadata.toJSONObject().toJSONString());
  }
}
