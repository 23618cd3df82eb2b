package dev.unisono.server.rest;

import dev.unisono.engine.Doors;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import java.util.Set;

/** The doors described for programs, as the entities are now. Safe for threads. */
public final class OpenApiRoutes {
  private static final String VERSION =
      Objects.requireNonNullElse(OpenApiRoutes.class.getPackage().getImplementationVersion(), "0");

  private final Doors doors;

  public OpenApiRoutes(Doors doors) {
    this.doors = doors;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/postman.json").handler(context -> doorway.known(context, this::collection));
    router.get("/v1/openapi.json").handler(context -> doorway.known(context, this::document));
  }

  private void document(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.json(context, 200, json -> OpenApi.write(json, doors.entities(), VERSION));
  }

  private void collection(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    String host = String.valueOf(context.request().authority());
    context
        .response()
        .putHeader(
            "Content-Disposition", "attachment; filename=\"unisono.postman_collection.json\"");
    Answers.json(
        context,
        200,
        json ->
            PostmanCollection.write(
                json, doors.entities(), context.request().scheme() + "://" + host));
  }
}
