package dev.unisono.engine.config;

import dev.unisono.engine.assess.EntityName;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.expose.ExposedEntities;
import dev.unisono.engine.expose.Exposure;
import dev.unisono.engine.expose.TablePatterns;
import dev.unisono.spi.Problem;
import dev.unisono.spi.SurveyedTable;
import dev.unisono.spi.UnisonoException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Adds to what a config says the entities and syncs of the tables that its systems expose, as if
 * they were written where {@code expose} is. For one thread.
 */
final class ExposedSystems {
  private static final String KEY = "expose";

  private final YamlMap root;
  private final Exposure exposure;
  private final Path state;
  private final List<ConfigProblem> notices = new ArrayList<>();

  /**
   * @param state the folder of the state
   */
  ExposedSystems(YamlMap root, Exposure exposure, Path state) {
    this.root = root;
    this.exposure = exposure;
    this.state = state;
  }

  /** Whether any system is to be exposed. */
  boolean any() {
    YamlMap systems = root.optionalMap("systems");
    return systems.names().stream()
        .anyMatch(name -> YamlMap.child(systems.node(name), KEY) != null);
  }

  /** What of the systems is not exposed, and why. */
  List<ConfigProblem> notices() {
    return notices;
  }

  /**
   * Adds them.
   *
   * @param systems those that could be read
   */
  void add(Map<String, SystemConfig> systems) {
    YamlMap written = root.optionalMap("systems");
    ExposedEntities made =
        new ExposedEntities(EntityName.RESERVED, taken(), root.optionalMap("syncs").names());
    for (String name : written.names()) {
      SystemConfig system = systems.get(name);
      if (system == null || YamlMap.child(written.node(name), KEY) == null) {
        continue;
      }
      YamlMap map = written.map(name);
      Rules rules = rules(map, system);
      if (rules != null) {
        Set<String> entities = Set.copyOf(made.entities().keySet());
        Set<String> syncs = Set.copyOf(made.syncs().keySet());
        add(made, map, system, rules);
        section("entities", made.entities(), entities, map.node(KEY));
        section("syncs", made.syncs(), syncs, map.node(KEY));
      }
    }
  }

  /** Names of entities that are written, and their plurals. */
  private Set<String> taken() {
    Set<String> taken = new HashSet<>();
    YamlMap entities = root.optionalMap("entities");
    for (String name : entities.names()) {
      taken.add(name);
      Node plural = YamlMap.child(entities.node(name), "plural");
      taken.add(plural instanceof ScalarNode scalar ? scalar.getValue() : name + "s");
    }
    return taken;
  }

  /**
   * Which tables.
   *
   * @param refresh null where the system shows what changes by itself
   */
  private record Rules(Predicate<String> wanted, @Nullable String refresh) {}

  /** Null where nothing is exposed. */
  private @Nullable Rules rules(YamlMap system, SystemConfig config) {
    boolean byQuery = config.connector().readsByQuery();
    String often = Objects.requireNonNull(ConfigKeys.EXPOSE_REFRESH.defaultValue());
    if (system.node(KEY) instanceof ScalarNode) {
      return system.flag(KEY, false) ? new Rules(_ -> true, byQuery ? often : null) : null;
    }
    YamlMap map = system.map(KEY);
    map.check(ConfigKeys.EXPOSE);
    List<String> tables = map.texts("tables");
    Predicate<String> wanted = tables.isEmpty() ? _ -> true : TablePatterns.any(tables);
    if (!byQuery && map.has("refresh")) {
      map.note(
          "refresh",
          "not-available",
          "This system shows its changes as they happen.",
          "Leave it out.");
    }
    return new Rules(
        wanted.and(TablePatterns.any(map.texts("except")).negate()),
        byQuery ? map.text("refresh", often) : null);
  }

  private void add(ExposedEntities made, YamlMap map, SystemConfig system, Rules rules) {
    Set<String> synced = synced(system.name());
    Predicate<String> wanted =
        rules
            .wanted()
            .and(table ->
                !synced.contains(table)
                    && !synced.contains(table.substring(table.lastIndexOf('.') + 1)));
    try {
      List<SurveyedTable> tables =
          exposure.tables(
              new Exposure.Exposed(system.name(), system.connector(), system.settings()),
              wanted,
              state);
      int known = made.leftOut().size();
      made.add(system.name(), tables, rules.refresh());
      for (Problem problem : made.leftOut().subList(known, made.leftOut().size())) {
        Node place = map.node(KEY);
        notices.add(
            new ConfigProblem(
                place.getStartMark().getLine() + 1, place.getStartMark().getColumn() + 1, problem));
      }
    } catch (UnisonoException failed) {
      Problem problem = failed.problem();
      map.note(KEY, problem.code(), problem.message(), problem.remedy());
    }
  }

  /** The tables of a system that are in a sync as it is written. */
  private Set<String> synced(String system) {
    Set<String> tables = new HashSet<>();
    YamlMap syncs = root.optionalMap("syncs");
    for (String name : syncs.names()) {
      if (YamlMap.child(syncs.node(name), "members") instanceof SequenceNode members) {
        for (Node member : members.getValue()) {
          if (YamlMap.child(member, "system") instanceof ScalarNode of
              && of.getValue().equals(system)
              && YamlMap.child(member, "table") instanceof ScalarNode table) {
            tables.add(table.getValue());
          }
        }
      }
    }
    return tables;
  }

  /**
   * Lets a section of the file have more than is written there.
   *
   * @param before what it has of it already
   * @param at where the rest is said to stand
   */
  private void section(String name, Map<String, Object> made, Set<String> before, Node at) {
    if (made.size() == before.size()) {
      return;
    }
    Node section = YamlMap.child(root.node(), name);
    if (section == null || YamlMap.isNull(section)) {
      MappingNode all = (MappingNode) root.node();
      all.getValue()
          .removeIf(tuple ->
              tuple.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(name));
      section = node(Map.of(), at);
      all.getValue().add(new NodeTuple(node(name, at), section));
    }
    if (section instanceof MappingNode mapping) {
      made.forEach((key, value) -> {
        if (!before.contains(key)) {
          mapping.getValue().add(new NodeTuple(node(key, at), node(value, at)));
        }
      });
    }
  }

  private static Node node(Object value, Node at) {
    return switch (value) {
      case Map<?, ?> map -> {
        List<NodeTuple> tuples = new ArrayList<>();
        map.forEach((key, each) -> tuples.add(new NodeTuple(node(key, at), node(each, at))));
        yield new MappingNode(
            Tag.MAP, true, tuples, at.getStartMark(), at.getEndMark(), FlowStyle.BLOCK);
      }
      case List<?> list -> {
        List<Node> nodes = new ArrayList<>();
        list.forEach(each -> nodes.add(node(each, at)));
        yield new SequenceNode(
            Tag.SEQ, true, nodes, at.getStartMark(), at.getEndMark(), FlowStyle.BLOCK);
      }
      default ->
          new ScalarNode(
              Tag.STR,
              true,
              value.toString(),
              at.getStartMark(),
              at.getEndMark(),
              ScalarStyle.PLAIN);
    };
  }
}
