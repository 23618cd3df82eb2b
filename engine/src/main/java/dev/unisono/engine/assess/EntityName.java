package dev.unisono.engine.assess;

import java.util.Locale;
import java.util.Set;

/**
 * What the entity of a table is called. Immutable.
 *
 * @param name one of its records
 * @param plural all of them, as it may stand in a path
 */
public record EntityName(String name, String plural) {
  /** What no entity may be called in paths: the doors have a meaning of their own for it. */
  public static final Set<String> RESERVED =
      Set.of(
          "changes",
          "stream",
          "consumers",
          "admin",
          "graphql",
          "grpc",
          "soap",
          "me",
          "sign-in",
          "sign-out");

  private static final int LONGEST = 60;

  /** Whether a part of a path can be the plural of an entity; one with a full stop is a file. */
  public static boolean possible(String plural) {
    return !RESERVED.contains(plural) && plural.indexOf('.') < 0;
  }

  /** By the name of a table. */
  public static EntityName of(String table) {
    String plain = plain(table);
    String plural = plain.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]", "_");
    if (!plural.matches("[a-z].*")) {
      plural = "t" + plural;
    }
    if (plural.length() > LONGEST) {
      plural = plural.substring(0, LONGEST);
    }
    return new EntityName(singular(plural), plural);
  }

  /** A table's name without its schema. */
  static String plain(String table) {
    return table.substring(table.lastIndexOf('.') + 1).replace("\"", "");
  }

  private static String singular(String plural) {
    if (plural.length() < 4 || !plural.endsWith("s")) {
      return plural;
    }
    if (plural.endsWith("ies")) {
      return plural.substring(0, plural.length() - 3) + "y";
    }
    for (String end : new String[] {"sses", "xes", "ches", "shes"}) {
      if (plural.endsWith(end)) {
        return plural.substring(0, plural.length() - 2);
      }
    }
    boolean none = plural.endsWith("ss") || plural.endsWith("us") || plural.endsWith("is");
    return none ? plural : plural.substring(0, plural.length() - 1);
  }
}
