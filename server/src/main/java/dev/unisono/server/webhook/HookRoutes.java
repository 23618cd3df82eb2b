package dev.unisono.server.webhook;

import dev.unisono.engine.Doors;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.UnisonoException;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The route by which systems bring their changes. It needs no token: what is brought is signed.
 * Safe for threads.
 */
public final class HookRoutes {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String RETRY_SECONDS = "10";

  private final Doors doors;

  public HookRoutes(Doors doors) {
    this.doors = doors;
  }

  public void mount(Router router, Doorway doorway) {
    router.post("/hooks/:system").handler(context -> doorway.openWithBody(context, this::receive));
  }

  private void receive(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    Map<String, String> headers = new HashMap<>();
    context
        .request()
        .headers()
        .forEach((name, value) -> headers.putIfAbsent(name.toLowerCase(Locale.ROOT), value));
    boolean taken;
    try {
      taken =
          doors
              .receiver(Parameters.part(context, "system"))
              .receive(headers, body.getBytes(), PATIENCE);
    } catch (UnisonoException failed) {
      if (failed.problem().type() != ProblemType.USER) {
        context.response().putHeader("Retry-After", RETRY_SECONDS);
      }
      throw failed;
    }
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("state", taken ? "taken" : "known");
          json.writeEndObject();
        });
  }
}
