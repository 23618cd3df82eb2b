package dev.unisono.server.http;

import dev.unisono.engine.access.AdminArea;
import dev.unisono.engine.access.Decision;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Denials;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What it takes to use each route: the one table of it. A route that is not in it keeps the server
 * from starting. Has no state.
 */
public enum Needs {
  /** Nothing: who asks is not looked at, or is looked at by the route's own protocol. */
  NOTHING,
  /** To be somebody we know. */
  CALLER,
  /** To be somebody we know; what may be done with which records, {@code Operations} decides. */
  RECORDS,
  /** A right to look at, or to change, how the server runs. */
  OPERATIONS(AdminArea.OPERATIONS),
  /** A right to look at, or to change, who may do what. */
  ACCESS(AdminArea.ACCESS),
  /** A right to look at what is measured. */
  METRICS(AdminArea.METRICS);

  private static final String KEY = Needs.class.getName();

  /** In their order: the first that fits counts. A star at the end stands for all below. */
  private static final List<Map.Entry<String, Needs>> ROUTES =
      List.of(
          Map.entry("/health/*", NOTHING),
          Map.entry("/sign-in", NOTHING),
          // Clients show who they are by the protocol's own means, browsers by their session.
          Map.entry("/oauth/*", NOTHING),
          Map.entry("/.well-known/oauth-authorization-server", NOTHING),
          // What is brought is signed; the connector checks that.
          Map.entry("/hooks/:system", NOTHING),
          Map.entry("/grpc.health.v1.Health/*", NOTHING),
          Map.entry("/grpc.reflection.*", CALLER),
          Map.entry("/unisono.v1.Records/*", RECORDS),
          Map.entry("/metrics", METRICS),
          Map.entry("/v1/admin/sign-in-links", CALLER),
          Map.entry("/v1/admin/keys*", ACCESS),
          Map.entry("/v1/admin/users*", ACCESS),
          Map.entry("/v1/admin/sessions*", ACCESS),
          Map.entry("/v1/admin/audit*", ACCESS),
          Map.entry("/v1/admin/clients*", ACCESS),
          Map.entry("/v1/admin/roles*", ACCESS),
          Map.entry("/v1/admin/routes", ACCESS),
          Map.entry("/v1/admin/*", OPERATIONS),
          Map.entry("/v1/sign-in", NOTHING),
          Map.entry("/v1/sign-in/password", NOTHING),
          Map.entry("/v1/sign-out", CALLER),
          Map.entry("/v1/me", CALLER),
          Map.entry("/v1/me/*", CALLER),
          Map.entry("/v1/openapi.json", CALLER),
          Map.entry("/v1/postman.json", CALLER),
          Map.entry("/v1/graphql/schema", CALLER),
          Map.entry("/v1/grpc/*", CALLER),
          Map.entry("/v1/consumers*", CALLER),
          Map.entry("/v1/stream", RECORDS),
          Map.entry("/v1/changes*", RECORDS),
          Map.entry("/v1/graphql", RECORDS),
          Map.entry("/v1/soap*", RECORDS),
          Map.entry("/v1/:plural*", RECORDS),
          // What no other route has answered, and what all have in common.
          Map.entry("/v1/*", CALLER));

  private final @Nullable AdminArea area;

  Needs() {
    this.area = null;
  }

  Needs(AdminArea area) {
    this.area = area;
  }

  /**
   * Says of each route what it takes.
   *
   * @param before routes that are none of ours
   * @throws IllegalStateException where the table has one of ours not
   */
  public static void mark(Router router, Collection<Route> before) {
    for (Route route : router.getRoutes()) {
      if (!before.contains(route)) {
        route.putMetadata(KEY, of(route.getPath()));
      }
    }
  }

  private static Needs of(@Nullable String path) {
    if (path == null) {
      // Headers that every answer has, and the answer where there is nothing.
      return NOTHING;
    }
    for (Map.Entry<String, Needs> each : ROUTES) {
      if (fits(each.getKey(), path)) {
        return each.getValue();
      }
    }
    throw new IllegalStateException("nobody has said what it takes to use " + path);
  }

  private static boolean fits(String pattern, String path) {
    return pattern.endsWith("*")
        ? path.startsWith(pattern.substring(0, pattern.length() - 1))
        : path.equals(pattern);
  }

  /**
   * What it takes to use a route.
   *
   * @throws IllegalStateException where that was not said
   */
  public static Needs of(@Nullable Route route) {
    Needs needs = route == null ? null : route.getMetadata(KEY);
    if (needs == null) {
      throw new IllegalStateException("nobody has said what it takes to use " + route);
    }
    return needs;
  }

  /** Whether it was said of a route; of those of the container it is not. */
  public static boolean ours(Route route) {
    return route.getMetadata(KEY) != null;
  }

  static boolean reads(HttpMethod method) {
    return method.equals(HttpMethod.GET)
        || method.equals(HttpMethod.HEAD)
        || method.equals(HttpMethod.OPTIONS);
  }

  /** As answers name it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Looks whether a caller may use it, as far as that does not depend on records.
   *
   * @throws Refusal 403 forbidden
   */
  void check(Caller caller, HttpServerRequest request, Denials denials) {
    if (area == null) {
      return;
    }
    HttpMethod method = request.method();
    boolean writing = !reads(method);
    Decision decision = caller.rights().may(area, writing);
    if (!decision.allowed()) {
      denials.denied(caller, method + " " + request.path(), decision.reason());
      throw new Refusal(403, "forbidden", decision.reason());
    }
  }
}
