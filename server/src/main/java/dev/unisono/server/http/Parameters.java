package dev.unisono.server.http;

import dev.unisono.engine.Nearest;
import dev.unisono.server.operation.Refusal;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/** Reads the parameters and the path of a request. Has no state. */
public final class Parameters {
  private static final int LONGEST_REASON = 1_000;

  private Parameters() {}

  /** Why a person gives something up. */
  public static String reason(RoutingContext context) {
    String reason = context.queryParams().get("reason");
    if (reason == null || reason.isBlank() || reason.length() > LONGEST_REASON) {
      throw new Refusal(
          400,
          "bad-parameter",
          "reason says why it is given up, in 1 to " + LONGEST_REASON + " characters.",
          "reason");
    }
    return reason.strip();
  }

  /** A part of the path that the route has. */
  public static String part(RoutingContext context, String name) {
    String part = context.pathParam(name);
    if (part == null) {
      throw new IllegalStateException("the route has no part " + name);
    }
    return part;
  }

  public static void check(RoutingContext context, Set<String> known) {
    for (String name : context.queryParams().names()) {
      if (!known.contains(name)) {
        throw new Refusal(
            400,
            "unknown-parameter",
            "There is no parameter '" + name + "'" + Nearest.question(name, known),
            name);
      }
    }
  }
}
