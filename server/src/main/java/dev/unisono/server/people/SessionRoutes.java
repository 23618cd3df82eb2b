package dev.unisono.server.people;

import dev.unisono.engine.entity.EntityJson;
import dev.unisono.server.access.Access;
import dev.unisono.server.access.Audit;
import dev.unisono.server.access.Session;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Parameters;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/** The browsers that are signed in: shown, and signed out. Safe for threads. */
public final class SessionRoutes {
  private static final String ALL = "/v1/admin/sessions";

  private final Access access;

  public SessionRoutes(Access access) {
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    router.get(ALL).handler(context -> doorway.known(context, this::list));
    router.delete(ALL + "/:id").handler(context -> doorway.known(context, this::end));
  }

  private void list(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (Session session : access.sessions()) {
            json.writeStartObject();
            json.writeStringField("id", session.id());
            json.writeStringField("caller", session.caller());
            json.writeStringField("address", session.address());
            json.writeStringField("created", EntityJson.time(session.created()));
            json.writeStringField("lastUsed", EntityJson.time(session.seen()));
            json.writeStringField("ends", EntityJson.time(session.ends()));
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void end(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Session ended = access.endSession(Parameters.part(context, "id"));
    access.tell(
        Audit.Kind.ACCESS,
        Doorway.caller(context),
        "session.end",
        ended.id(),
        "A session of " + ended.caller() + ".");
    Answers.empty(context, 204);
  }
}
