package dev.unisono.server.admin;

import dev.unisono.engine.Doors;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import dev.unisono.server.operation.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The routes by which somebody says that what a sync is about to do is meant: to go live though its
 * members hold rows already, to pass on that many rows were deleted. Safe for threads.
 */
public final class ConsentRoutes {
  private final Doors doors;
  private final Supplier<Config> config;

  public ConsentRoutes(Doors doors, Supplier<Config> config) {
    this.doors = doors;
    this.config = config;
  }

  public void mount(Router router, Doorway doorway) {
    router
        .post("/v1/admin/syncs/:sync/live")
        .handler(context -> doorway.known(context, this::live));
    router
        .post("/v1/admin/sources/:system/deletes/:sync/allow")
        .handler(context -> doorway.known(context, this::allowDeletes));
  }

  private void allowDeletes(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    String system = Parameters.part(context, "system");
    String sync = Parameters.part(context, "sync");
    doors.allowDeletes(system, sync);
    Answers.json(
        context,
        202,
        json -> {
          json.writeStartObject();
          json.writeStringField("system", system);
          json.writeStringField("sync", sync);
          json.writeBooleanField("allowed", true);
          json.writeEndObject();
        });
  }

  private void live(RoutingContext context, Buffer body) throws InterruptedException {
    Parameters.check(context, Set.of());
    String name = Parameters.part(context, "sync");
    SyncConfig sync =
        config.get().syncs().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new Refusal(404, "not-found", "There is no sync '" + name + "'."));
    doors.live(sync.entity());
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("sync", name);
          json.writeBooleanField("live", true);
          json.writeEndObject();
        });
  }
}
