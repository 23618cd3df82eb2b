package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.config.Config.SystemLimits;
import dev.unisono.engine.config.ConfigKeys.ConfigKey;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Option;
import dev.unisono.spi.Problem;
import dev.unisono.spi.Settings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the systems of a config, each by the options its connector declares. For one thread. */
final class SystemReader {
  /** Parts of an address that carry a secret. */
  private static final Pattern SECRET_IN_URL =
      Pattern.compile("[?&;](password|pass|pwd|secret)=|//[^/@]*:[^/@]*@");

  private final Map<String, Connector> connectors;
  private final References references;

  SystemReader(Map<String, Connector> connectors, References references) {
    this.connectors = connectors;
    this.references = references;
  }

  Map<String, SystemConfig> read(YamlMap map) {
    Map<String, SystemConfig> systems = new LinkedHashMap<>();
    for (String name : map.names()) {
      SystemConfig system = read(name, map.map(name));
      if (system != null) {
        systems.put(name, system);
      }
    }
    return systems;
  }

  private @Nullable SystemConfig read(String name, YamlMap map) {
    String kind = map.text("connector");
    Connector connector = kind == null ? null : connectors.get(kind);
    if (connector == null) {
      if (kind == null) {
        map.note(
            "connector",
            "missing-key",
            "'connector' is missing.",
            "Name one of " + String.join(", ", connectors.keySet()) + ".");
      } else {
        map.note(
            "connector",
            "unknown-connector",
            "There is no connector '" + kind + "'" + Nearest.question(kind, connectors.keySet()),
            "Connectors: " + String.join(", ", connectors.keySet()) + ".");
      }
      return null;
    }
    map.check(keys(connector));
    Map<String, Object> values = new HashMap<>();
    boolean complete = true;
    boolean usable = true;
    for (Option option : connector.options()) {
      Object value = value(map, option);
      if (value == null && (option.required() || !map.isNull(option.name()))) {
        complete = false;
        String otherwise = option.defaultValue();
        // So that the connector can say what is wrong with the others at the same time.
        value = otherwise == null ? null : typed(option, otherwise);
        usable &= !option.required();
      }
      if (value != null) {
        values.put(option.name(), value);
      }
    }
    if (!usable) {
      return null;
    }
    Settings settings = new Settings(values);
    for (Problem problem : connector.validate(settings)) {
      String option = problem.configPath();
      map.note(
          option == null ? "connector" : option,
          problem.code(),
          problem.message(),
          problem.remedy());
    }
    SystemLimits limits = limits(map);
    return complete ? new SystemConfig(name, connector, settings, limits) : null;
  }

  private static SystemLimits limits(YamlMap map) {
    return new SystemLimits(
        (int) map.bytes(ConfigKeys.READ_BUFFER, 1L << 20, 1L << 30),
        map.inRange(ConfigKeys.WRITE_BATCH, 1, 100_000),
        map.bytes(ConfigKeys.WRITE_BATCH_BYTES, 1L << 10, 64L << 20),
        map.bytes(ConfigKeys.WRITE_BUFFER, 64L << 10, 256L << 20));
  }

  private static List<ConfigKey> keys(Connector connector) {
    List<ConfigKey> keys = new ArrayList<>(ConfigKeys.SYSTEM);
    for (Option option : connector.options()) {
      keys.add(
          new ConfigKey(
              option.name(),
              "string",
              option.required(),
              option.defaultValue(),
              true,
              option.description()));
    }
    return keys;
  }

  /** The value of an option; null where there is none, with a problem if there ought to be. */
  private @Nullable Object value(YamlMap map, Option option) {
    String written = map.text(option.name());
    if (written == null) {
      String otherwise = option.defaultValue();
      return otherwise == null ? null : typed(option, otherwise);
    }
    boolean secret =
        option.secret() ? !References.isReference(written) : SECRET_IN_URL.matcher(written).find();
    if (secret) {
      map.note(
          option.name(),
          "secret-in-config",
          "A secret stands here in plain text.",
          "Use "
              + (option.secret() ? option.name() : "password")
              + ": \"${env:NAME}\" or"
              + " \"${file:PATH}\".");
      return null;
    }
    References.Resolved resolved = references.resolve(written);
    String code = resolved.code();
    if (code != null) {
      map.note(option.name(), code, resolved.message(), resolved.remedy());
      return null;
    }
    Object value = typed(option, resolved.value());
    if (value == null) {
      map.note(
          option.name(),
          "wrong-type",
          "This is not " + expected(option) + ".",
          option.description());
    }
    return value;
  }

  private static @Nullable Object typed(Option option, String text) {
    if (!option.allowed().isEmpty() && !option.allowed().contains(text)) {
      return null;
    }
    return switch (option.type()) {
      case TEXT -> text;
      case INTEGER -> whole(text);
      case BOOLEAN -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? false : null;
      case DURATION -> {
        Duration duration = Amounts.duration(text);
        yield duration;
      }
      case BYTES -> Amounts.bytes(text);
    };
  }

  private static @Nullable Long whole(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException notWhole) {
      return null;
    }
  }

  private static String expected(Option option) {
    return switch (option.type()) {
      case TEXT -> "one of " + String.join(", ", option.allowed());
      case INTEGER -> "a whole number";
      case BOOLEAN -> "true or false";
      case DURATION -> "a length of time such as 500ms, 10s or 5m";
      case BYTES -> "an amount such as 64KiB or 16MiB";
    };
  }
}
