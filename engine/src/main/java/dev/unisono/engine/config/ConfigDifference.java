package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.spi.Option;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * What differs between two configs that were found to be right: paths, as problems have them; no
 * value is told (invariant 10). Immutable.
 *
 * @param paths everything that is written otherwise, or resolves to something else
 * @param atStartOnly those of it that a running server cannot take up
 */
public record ConfigDifference(List<String> paths, List<String> atStartOnly) {

  /** What the doors look up as it is, and no engine is made by. */
  private static final List<String> OF_DOORS = List.of("access", "limits", "webhooks");

  /** Whether the engine can go on as it is. */
  public boolean ofDoorsAlone() {
    return paths.stream()
        .allMatch(path ->
            OF_DOORS.stream().anyMatch(own -> path.equals(own) || path.startsWith(own + ".")));
  }

  /**
   * Compares two files that were read.
   *
   * @param before with a config
   * @param after with a config
   */
  public static ConfigDifference between(ConfigReader.Outcome before, ConfigReader.Outcome after) {
    Config old = Objects.requireNonNull(before.config());
    Config now = Objects.requireNonNull(after.config());
    Set<String> paths = new LinkedHashSet<>();
    compare("", before.root(), after.root(), paths);
    for (SystemConfig system : now.systems().values()) {
      SystemConfig was = old.systems().get(system.name());
      if (was != null && was.connector().kind().equals(system.connector().kind())) {
        // Written as before, a secret's file may hold another by now.
        for (Option option : system.connector().options()) {
          if (!system.settings().same(option.name(), was.settings())) {
            paths.add("systems." + system.name() + "." + option.name());
          }
        }
      }
    }
    if (!Objects.equals(old.limits().redis(), now.limits().redis())
        && paths.stream().noneMatch(path -> path.startsWith("limits"))) {
      paths.add("limits.store.redis");
    }
    now.entities()
        .forEach((name, entity) -> {
          Config.EntityConfig was = old.entities().get(name);
          if (was != null
              && !was.schemaText().equals(entity.schemaText())
              && !within(paths, name)) {
            paths.add("entities." + name + ".schema"); // In a file of its own.
          }
        });
    if (!old.access().policy().equals(now.access().policy())
        && paths.stream().noneMatch(path -> path.startsWith("access"))) {
      paths.add("access.policies"); // In files of their own.
    }
    return new ConfigDifference(List.copyOf(paths), atStartOnly(old, now));
  }

  private static boolean within(Set<String> paths, String entity) {
    return paths.stream().anyMatch(path -> path.startsWith("entities." + entity + ".schema"));
  }

  private static List<String> atStartOnly(Config old, Config now) {
    List<String> paths = new ArrayList<>();
    if (!old.server().host().equals(now.server().host())) {
      paths.add("server.host");
    }
    if (old.server().port() != now.server().port()) {
      paths.add("server.port");
    }
    if (!old.state().folder().equals(now.state().folder())) {
      paths.add("state.folder");
    }
    return List.copyOf(paths);
  }

  private static void compare(
      String path, @Nullable Node before, @Nullable Node after, Set<String> paths) {
    if (before instanceof MappingNode old && after instanceof MappingNode now) {
      List<String> names = names(now);
      List<String> were = names(old);
      for (String name : names) {
        compare(
            path.isEmpty() ? name : path + "." + name,
            YamlMap.child(old, name),
            YamlMap.child(now, name),
            paths);
      }
      for (String name : were) {
        if (!names.contains(name)) {
          paths.add(path.isEmpty() ? name : path + "." + name);
        }
      }
      if (!names.equals(were) && Set.copyOf(names).equals(Set.copyOf(were))) {
        paths.add(path); // Fields have an order.
      }
    } else if (before instanceof SequenceNode old && after instanceof SequenceNode now) {
      int most = Math.max(old.getValue().size(), now.getValue().size());
      for (int i = 0; i < most; i++) {
        String part = "[" + i + "]";
        compare(path + part, YamlMap.child(old, part), YamlMap.child(now, part), paths);
      }
    } else if (!(before instanceof ScalarNode old
        && after instanceof ScalarNode now
        && old.getValue().equals(now.getValue())
        && old.getTag().equals(now.getTag()))) {
      paths.add(path);
    }
  }

  private static List<String> names(MappingNode mapping) {
    List<String> names = new ArrayList<>();
    for (NodeTuple tuple : mapping.getValue()) {
      if (tuple.getKeyNode() instanceof ScalarNode scalar) {
        names.add(scalar.getValue());
      }
    }
    return names;
  }
}
