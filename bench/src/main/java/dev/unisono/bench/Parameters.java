package dev.unisono.bench;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a contender is told, as {@code name=value} arguments of its process. Immutable. */
final class Parameters {
  private final Map<String, String> values = new HashMap<>();

  Parameters(List<String> arguments) {
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      values.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
  }

  Optional<String> optionalText(String name) {
    return Optional.ofNullable(values.get(name));
  }

  String text(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the contender is not told its " + name);
    }
    return value;
  }

  long number(String name) {
    return Long.parseLong(text(name));
  }

  String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + text("port") + "/" + text("database");
  }
}
