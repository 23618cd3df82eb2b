package dev.unisono.server.people;

import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.Grant;
import dev.unisono.engine.access.Role;
import dev.unisono.engine.access.Scope;
import dev.unisono.server.access.Access;
import dev.unisono.server.http.Answers;
import dev.unisono.server.http.Doorway;
import dev.unisono.server.http.Needs;
import dev.unisono.server.http.Parameters;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.TreeMap;

/** The roles there are, and the routes with what each takes. Safe for threads. */
public final class RoleRoutes {
  private final Access access;

  public RoleRoutes(Access access) {
    this.access = access;
  }

  public void mount(Router router, Doorway doorway) {
    router.get("/v1/admin/roles").handler(context -> doorway.known(context, this::roles));
    router
        .get("/v1/admin/routes")
        .handler(context -> doorway.known(context, (known, _) -> routes(known, router)));
  }

  private void roles(RoutingContext context, Buffer body) {
    Parameters.check(context, Set.of());
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (Role role : access.roles()) {
            json.writeStartObject();
            json.writeStringField("name", role.name());
            json.writeStringField("description", role.description());
            json.writeStringField("where", role.where().toString());
            Grants.texts(
                json,
                "administers",
                role.administers().stream().map(Scope::toString).sorted().toList());
            json.writeArrayFieldStart("grants");
            for (Grant grant : role.grants()) {
              json.writeStartObject();
              Set<String> entities = grant.entities();
              Grants.texts(
                  json,
                  "entities",
                  entities == null ? Set.of("*") : entities.stream().sorted().toList());
              Grants.texts(
                  json, "actions", grant.actions().stream().sorted().map(Action::label).toList());
              json.writeStringField("rows", grant.rows());
              json.writeStringField("where", grant.where().toString());
              json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  /** HEAD and OPTIONS are left out: they take what GET takes, or tell nothing of the inside. */
  private static void routes(RoutingContext context, Router router) {
    Parameters.check(context, Set.of());
    TreeMap<String, Needs> found = new TreeMap<>();
    for (Route route : router.getRoutes()) {
      String path = route.getPath();
      if (path == null || !Needs.ours(route)) {
        continue;
      }
      String whole = route.isExactPath() ? path : path + "*";
      Set<HttpMethod> methods = route.methods();
      if (methods == null) {
        found.putIfAbsent(whole + " *", Needs.of(route));
        continue;
      }
      for (HttpMethod method : methods) {
        if (!method.equals(HttpMethod.HEAD) && !method.equals(HttpMethod.OPTIONS)) {
          found.putIfAbsent(whole + " " + method, Needs.of(route));
        }
      }
    }
    Answers.json(
        context,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("items");
          for (var each : found.entrySet()) {
            int space = each.getKey().lastIndexOf(' ');
            json.writeStartObject();
            json.writeStringField("method", each.getKey().substring(space + 1));
            json.writeStringField("path", each.getKey().substring(0, space));
            json.writeStringField("takes", each.getValue().label());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }
}
