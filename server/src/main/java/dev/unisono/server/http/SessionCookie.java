package dev.unisono.server.http;

import dev.unisono.server.access.Access;
import dev.unisono.server.access.Sessions;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.ext.web.RoutingContext;

/** What a browser shows of its session: no script reads it, and no other site has it sent. */
public final class SessionCookie {
  private SessionCookie() {}

  /** Has the browser show a session from now on. */
  public static void give(RoutingContext context, String session) {
    add(context, session, Sessions.LIFETIME.toSeconds());
  }

  /** Has the browser forget it. */
  public static void take(RoutingContext context) {
    add(context, "", 0);
  }

  private static void add(RoutingContext context, String value, long seconds) {
    context
        .response()
        .addCookie(
            Cookie.cookie(Access.cookieName(context.request()), value)
                .setHttpOnly(true)
                .setSecure(context.request().isSSL())
                .setSameSite(CookieSameSite.STRICT)
                .setPath("/")
                .setMaxAge(seconds));
  }
}
