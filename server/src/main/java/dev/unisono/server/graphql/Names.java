package dev.unisono.server.graphql;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * Names of one scope as GraphQL allows them, each given once. What has other letters gets {@code _}
 * for them, and what is taken already gets one more behind it. For one thread.
 */
final class Names {
  /** What no value of an enumeration can be called. */
  private static final Set<String> WORDS = Set.of("true", "false", "null");

  private final Set<String> taken;

  Names(Set<String> taken) {
    this.taken = new HashSet<>(taken);
  }

  /** A name that nobody has, as much like the one wanted as can be. */
  String free(String wanted) {
    String name = allowed(wanted);
    while (!taken.add(name)) {
      name += "_";
    }
    return name;
  }

  private static String allowed(String wanted) {
    String name = wanted.replaceAll("[^_0-9A-Za-z]", "_");
    // Two underscores at the beginning are GraphQL's own.
    return name.isEmpty()
            || Character.isDigit(name.charAt(0))
            || name.startsWith("__")
            || WORDS.contains(name)
        ? "n" + name
        : name;
  }

  /** {@code sales_order} as {@code SalesOrder}. */
  static String type(String name) {
    StringBuilder type = new StringBuilder();
    for (String word : name.split("[^0-9A-Za-z]+", -1)) {
      if (!word.isEmpty()) {
        type.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
      }
    }
    return type.toString();
  }

  /** {@code sales_order} as {@code salesOrder}. */
  static String field(String name) {
    String type = type(name);
    return type.isEmpty()
        ? type
        : type.substring(0, 1).toLowerCase(Locale.ROOT) + type.substring(1);
  }
}
