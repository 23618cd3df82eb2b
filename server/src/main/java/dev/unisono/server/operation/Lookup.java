package dev.unisono.server.operation;

import dev.unisono.engine.Doors;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import java.util.List;

/** Finds the entity that a caller names, or says what there is instead. Has no state. */
public final class Lookup {
  private Lookup() {}

  public static List<Entity> served(Doors doors) {
    return doors.entities().stream().filter(Entity::served).toList();
  }

  public static Entity entity(Doors doors, String plural) {
    for (Entity entity : doors.entities()) {
      if (entity.served() && entity.plural().equals(plural)) {
        return entity;
      }
    }
    throw new Refusal(
        404,
        "not-found",
        "There is nothing called '"
            + plural
            + "' here"
            + Nearest.question(plural, served(doors).stream().map(Entity::plural).toList()));
  }

  /** Finds an entity by its own name, as events carry it. */
  public static Entity named(Doors doors, String name) {
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

  /** Any entity by its own name, also one that the doors do not show. */
  public static Entity any(Doors doors, String name) {
    return doors.entities().stream()
        .filter(entity -> entity.name().equals(name))
        .findAny()
        .orElseThrow(() ->
            new Refusal(404, "unknown-entity", "There is no entity '" + name + "'.", "entity"));
  }
}
