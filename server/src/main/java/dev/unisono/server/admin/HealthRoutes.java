package dev.unisono.server.admin;

import dev.unisono.engine.Doors;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.operation.Readiness;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** Whether the server lives and whether it can serve, and its metrics. Safe for threads. */
public final class HealthRoutes {
  private final Doors doors;
  private final Metrics metrics;

  public HealthRoutes(Doors doors, Metrics metrics) {
    this.doors = doors;
    this.metrics = metrics;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/health/live").handler(context -> doorway.unlimited(context, HealthRoutes::live));
    router.get("/health/ready").handler(context -> doorway.unlimited(context, this::ready));
    router
        .get("/metrics")
        .handler(context ->
            doorway.known(
                context,
                (known, body) ->
                    Answers.text(
                        known, 200, "text/plain; version=0.0.4; charset=utf-8", metrics.scrape())));
  }

  private static void live(RoutingContext context, Buffer body) {
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("status", "live");
          json.writeEndObject();
        });
  }

  private void ready(RoutingContext context, Buffer body) {
    Readiness readiness = Readiness.of(doors.status());
    Answers.json(
        context,
        readiness.ready() ? 200 : 503,
        json -> {
          json.writeStartObject();
          json.writeStringField("status", readiness.ready() ? "ready" : "not ready");
          json.writeArrayFieldStart("missing");
          for (String part : readiness.missing()) {
            json.writeString(part);
          }
          json.writeEndArray();
          json.writeArrayFieldStart("degraded");
          for (String part : readiness.degraded()) {
            json.writeString(part);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }
}
