package dev.unisono.server.oauth;

import com.nimbusds.oauth2.sdk.AbstractOptionallyAuthenticatedRequest;
import com.nimbusds.oauth2.sdk.AbstractOptionallyIdentifiedRequest;
import com.nimbusds.oauth2.sdk.OAuth2Error;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.TokenErrorResponse;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.PlainClientSecret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import dev.unisono.server.access.Audit;
import dev.unisono.server.http.Answers;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What the requests of clients have in common: how they are read, and who sends them. */
final class ClientDoor {
  private final Clients clients;
  private final Audit audit;

  ClientDoor(Clients clients, Audit audit) {
    this.clients = clients;
    this.audit = audit;
  }

  /** Answers a client's request. */
  interface Handler {
    HTTPResponse answer(HTTPRequest request) throws ParseException;
  }

  void answer(RoutingContext context, Buffer body, URI address, Handler handler) {
    HTTPResponse response;
    try {
      response = handler.answer(read(context.request(), body, address));
    } catch (ParseException unreadable) {
      response = refused(OauthError.of(unreadable));
    } catch (OauthError wrong) {
      response = refused(wrong);
    }
    write(context, response);
  }

  private static HTTPRequest read(HttpServerRequest from, Buffer body, URI address)
      throws ParseException {
    HTTPRequest request = new HTTPRequest(HTTPRequest.Method.POST, address);
    String type = from.getHeader("Content-Type");
    if (type != null) {
      request.setContentType(type);
    }
    String authorization = from.getHeader("Authorization");
    if (authorization != null) {
      request.setAuthorization(authorization);
    }
    request.setBody(body.toString(StandardCharsets.UTF_8));
    if (authorization != null && request.getBodyAsFormParameters().containsKey("client_secret")) {
      throw new OauthError(
          OAuth2Error.INVALID_REQUEST, "A client shows who it is in one way alone.");
    }
    return request;
  }

  private static HTTPResponse refused(OauthError wrong) {
    HTTPResponse response = new TokenErrorResponse(wrong.error()).toHTTPResponse();
    if (response.getStatusCode() == 401) {
      response.setWWWAuthenticate("Basic realm=\"unisono\"");
    }
    return response;
  }

  private static void write(RoutingContext context, HTTPResponse response) {
    response
        .getHeaderMap()
        .forEach((name, values) -> {
          if (!name.equalsIgnoreCase("Content-Type")) {
            context.response().putHeader(name, values);
          }
        });
    context.response().putHeader("Cache-Control", "no-store");
    String content = response.getBody();
    Answers.text(
        context, response.getStatusCode(), "application/json", content == null ? "" : content);
  }

  /** Who sends a request, and has shown so by a secret. */
  Client authenticated(AbstractOptionallyAuthenticatedRequest request) {
    ClientAuthentication shown = request.getClientAuthentication();
    if (shown instanceof PlainClientSecret secret) {
      return clients
          .enabled(secret.getClientID().getValue())
          .filter(client -> client.settings().confidential())
          .filter(client -> clients.has(client, secret.getClientSecret().getValue()))
          .orElseThrow(() -> unknown("The client or its secret is none of ours."));
    }
    throw unknown("A client shows who it is by client_secret_basic or client_secret_post.");
  }

  /** Who sends a request; a public client says so alone. */
  Client identified(AbstractOptionallyIdentifiedRequest request) {
    if (request.getClientAuthentication() != null || request.getClientID() == null) {
      return authenticated(request);
    }
    return clients
        .enabled(request.getClientID().getValue())
        .filter(client -> !client.settings().confidential())
        .orElseThrow(() -> unknown("There is no public client of this id."));
  }

  private static OauthError unknown(String why) {
    return new OauthError(OAuth2Error.INVALID_CLIENT, why);
  }

  /** Tells what was given, or was not. */
  void tell(
      RoutingContext context,
      Audit.Kind kind,
      String actor,
      String action,
      String subject,
      boolean allowed,
      String detail) {
    audit.tell(
        new Audit.Event(kind, actor, action, subject, allowed, detail, address(context.request())));
  }

  static @Nullable String address(HttpServerRequest request) {
    return request.remoteAddress() == null ? null : request.remoteAddress().hostAddress();
  }
}
