package dev.unisono.server.http;

import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/**
 * What holds for every path under {@code /v1}, before its own route is asked: a slash at its end
 * leads to the path without, answers are JSON, and OPTIONS tells the methods. Safe for threads.
 */
public final class FrontRoutes {
  /** Of what answers GET without an end; at GraphQL's it depends on what is asked. */
  private static final Set<String> STREAMS =
      Set.of("/v1/changes", "/v1/changes/:plural", "/v1/stream", "/v1/graphql");

  private static final Set<String> OTHERS = Set.of("/health/live", "/health/ready", "/metrics");

  public void mount(Router router, Doorway doorway) {
    AllowedMethods allowed = new AllowedMethods(router);
    router.route("/v1/*").handler(FrontRoutes::prepare);
    router
        .options("/v1/*")
        .handler(context -> doorway.known(context, (known, body) -> allowed.tell(known)));
  }

  /**
   * Has HEAD answered wherever GET is (RFC 9110, section 9.1), but where the answer to GET may not
   * end. Called once all routes are there.
   */
  public static void head(Router router) {
    for (Route route : router.getRoutes()) {
      String path = String.valueOf(route.getPath());
      Set<HttpMethod> methods = route.methods();
      if (methods != null
          && methods.contains(HttpMethod.GET)
          && (path.startsWith("/v1/") || OTHERS.contains(path))
          && !STREAMS.contains(path)) {
        route.method(HttpMethod.HEAD);
      }
    }
  }

  private static void prepare(RoutingContext context) {
    // Without dots and doubled slashes, so that it leads nowhere else.
    String path = context.normalizedPath();
    if (path.endsWith("/")) {
      String query = context.request().query();
      context
          .response()
          .putHeader("Location", path.replaceAll("/+$", "") + (query == null ? "" : "?" + query))
          .setStatusCode(308)
          .end();
      return;
    }
    try {
      checkAccept(context, path);
    } catch (Refusal refusal) {
      Answers.refusal(context, refusal);
      return;
    }
    context.next();
  }

  private static void checkAccept(RoutingContext context, String path) {
    boolean ofItsOwn =
        path.equals("/v1/stream")
            || path.equals("/v1/changes")
            || path.startsWith("/v1/changes/")
            || path.equals("/v1/graphql")
            || path.startsWith("/v1/graphql/")
            || path.startsWith("/v1/soap/")
            || path.startsWith("/v1/grpc/");
    if (ofItsOwn) {
      return;
    }
    List<HeaderList.Item> accepted = HeaderList.of(context.request(), "Accept");
    if (!HeaderList.wantsLines(accepted) && !HeaderList.takesJson(accepted)) {
      throw new Refusal(
          406, "not-acceptable", "Answers are application/json, which Accept excludes.", "Accept");
    }
  }
}
