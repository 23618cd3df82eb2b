package dev.unisono.server;

import dev.unisono.engine.Doors;
import dev.unisono.engine.Nearest;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Key;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds what a path or a parameter names, or says what there is instead. Has no state. */
final class Lookup {
  private static final int LONGEST_REASON = 1_000;

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

  /** Any entity by its own name, also one that the doors do not show. */
  static Entity any(Doors doors, String name) {
    return doors.entities().stream()
        .filter(entity -> entity.name().equals(name))
        .findAny()
        .orElseThrow(() ->
            new Refusal(404, "unknown-entity", "There is no entity '" + name + "'.", "entity"));
  }

  /** A record's key as a parameter has it: its parts joined by commas; null where there is none. */
  static @Nullable Key key(@Nullable Entity entity, @Nullable String text) {
    if (text == null) {
      return null;
    }
    if (entity == null) {
      throw new Refusal(400, "bad-parameter", "A key is one of an entity: name that, too.", "key");
    }
    try {
      return EntityJson.parseKey(
          entity, entity.schema().keySize() == 1 ? new String[] {text} : text.split(",", -1));
    } catch (EntityJson.UnfitValue unfit) {
      throw new Refusal(400, "bad-key", String.valueOf(unfit.getMessage()), "key");
    }
  }

  /** A whole number as a parameter, or a part of the path, has it. */
  static long number(@Nullable String text, String name, long least, long most, long otherwise) {
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException notWhole) {
      // Said below, like a number out of range.
    }
    throw new Refusal(
        400,
        "bad-parameter",
        name
            + " is a whole number from "
            + least
            + (most == Long.MAX_VALUE ? "." : " to " + most + "."),
        name);
  }

  /** True or false as a parameter has it; false where there is none. */
  static boolean flag(@Nullable String text, String name) {
    if (text != null && !text.equals("true") && !text.equals("false")) {
      throw new Refusal(400, "bad-parameter", name + " is true or false.", name);
    }
    return text != null && text.equals("true");
  }

  /** Why a person gives something up. */
  static String reason(RoutingContext context) {
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
