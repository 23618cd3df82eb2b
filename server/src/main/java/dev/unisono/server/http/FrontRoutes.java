package dev.unisono.server.http;

import dev.unisono.server.operation.Refusal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;

/**
 * What holds for every path under {@code /v1}, before its own route is asked: a slash at its end
 * leads to the path without, answers are JSON, and OPTIONS tells the methods. Safe for threads.
 */
public final class FrontRoutes {
  public void mount(Router router, Doorway doorway) {
    AllowedMethods allowed = new AllowedMethods(router);
    router.route("/v1/*").handler(FrontRoutes::prepare);
    router
        .options("/v1/*")
        .handler(context -> doorway.known(context, (known, body) -> allowed.tell(known)));
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
