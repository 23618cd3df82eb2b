package dev.unisono.server.http;

import dev.unisono.engine.assess.EntityName;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which methods a path under {@code /v1} has, told from the routes that there are. Safe for
 * threads.
 */
public final class AllowedMethods {
  /** What a record is changed by. */
  public static final String PATCH_TYPE = "application/merge-patch+json";

  private final Router router;

  public AllowedMethods(Router router) {
    this.router = router;
  }

  /** Answers OPTIONS. */
  void tell(RoutingContext context) {
    SortedSet<String> methods = of(context.normalizedPath());
    if (methods.isEmpty()) {
      throw nothing();
    }
    context.response().putHeader("Allow", String.join(", ", methods));
    if (methods.contains("PATCH")) {
      context.response().putHeader("Accept-Patch", PATCH_TYPE);
    }
    context.response().setStatusCode(204).end();
  }

  /** What no route has answered: the path has other methods, or there is no such path. */
  public void refuse(RoutingContext context) {
    SortedSet<String> methods = of(context.normalizedPath());
    if (methods.isEmpty() || methods.contains(context.request().method().name())) {
      throw nothing();
    }
    String allowed = String.join(", ", methods);
    context.response().putHeader("Allow", allowed);
    throw new Refusal(
        405,
        "method-not-allowed",
        context.request().method() + " is not allowed here; allowed: " + allowed + ".");
  }

  private static Refusal nothing() {
    return new Refusal(404, "not-found", "There is nothing at this path.");
  }

  private SortedSet<String> of(String path) {
    SortedSet<String> names = new TreeSet<>();
    for (Route route : router.getRoutes()) {
      Set<HttpMethod> methods = route.methods();
      if (methods != null && matches(route.getPath(), path)) {
        methods.forEach(method -> names.add(method.name()));
      }
    }
    // Each path that is one answers this.
    if (names.equals(Set.of("OPTIONS"))) {
      names.clear();
    }
    return names;
  }

  private static boolean matches(@Nullable String template, String path) {
    if (template == null || !template.startsWith("/v1/")) {
      return false;
    }
    if (template.equals("/v1/")) {
      // What all paths have in common: a pattern whose star was cut off.
      return true;
    }
    String[] wanted = template.split("/", -1);
    String[] given = path.split("/", -1);
    if (wanted.length != given.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      boolean any = wanted[i].startsWith(":") && !(i == 2 && !EntityName.possible(given[i]));
      if (!any && !wanted[i].equals(given[i])) {
        return false;
      }
    }
    return true;
  }
}
