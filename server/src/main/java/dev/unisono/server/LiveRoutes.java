package dev.unisono.server;

import dev.unisono.engine.Doors;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.SyncConfig;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.function.Supplier;

/** The route by which a sync goes live whose members hold rows already. Safe for threads. */
final class LiveRoutes {
  private final Doors doors;
  private final Supplier<Config> config;

  LiveRoutes(Doors doors, Supplier<Config> config) {
    this.doors = doors;
    this.config = config;
  }

  void mount(Router router, Doorway doorway) {
    router
        .post("/v1/admin/syncs/:sync/live")
        .handler(context -> doorway.known(context, this::live));
  }

  private void live(RoutingContext context, Buffer body) throws InterruptedException {
    Lookup.checkParameters(context, Set.of());
    String name = Lookup.part(context, "sync");
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
