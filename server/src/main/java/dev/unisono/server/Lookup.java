package dev.unisono.server;

import dev.unisono.engine.Doors;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/** Finds what a path or a parameter names, or says what there is instead. Has no state. */
final class Lookup {
  private Lookup() {}

  static List<Entity> served(Doors doors) {
    return doors.entities().stream().filter(Entity::served).toList();
  }

  static Entity entity(Doors doors, String plural) {
    List<Entity> served = served(doors);
    return served.stream()
        .filter(entity -> entity.plural().equals(plural))
        .findAny()
        .orElseThrow(() ->
            new Refusal(
                404,
                "not-found",
                "There is nothing called '"
                    + plural
                    + "' here"
                    + Nearest.question(plural, served.stream().map(Entity::plural).toList())));
  }

  /** Finds an entity by its own name, as events carry it. */
  static Entity named(Doors doors, String name) {
    List<Entity> served = served(doors);
    return served.stream()
        .filter(entity -> entity.name().equals(name))
        .findAny()
        .orElseThrow(() ->
            new Refusal(
                404,
                "unknown-entity",
                "There is no entity '"
                    + name
                    + "'"
                    + Nearest.question(name, served.stream().map(Entity::name).toList()),
                "entity"));
  }

  /** A part of the path that the route has. */
  static String part(RoutingContext context, String name) {
    String part = context.pathParam(name);
    if (part == null) {
      throw new IllegalStateException("the route has no part " + name);
    }
    return part;
  }

  static void checkParameters(RoutingContext context, Set<String> known) {
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
