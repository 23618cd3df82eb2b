package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.config.Config.Direction;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FirstLoad;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.RefusalRules;
import dev.unisono.engine.config.Config.StateConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.Config.SystemConfig;
import dev.unisono.engine.expose.Exposure;
import dev.unisono.spi.Binding;
import dev.unisono.spi.Connector;
import dev.unisono.spi.Deletes;
import dev.unisono.spi.Problem;
import dev.unisono.spi.ProblemType;
import dev.unisono.spi.Schema;
import dev.unisono.spi.SchemaChange;
import dev.unisono.spi.TablePolicy;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/**
 * Reads a config file and checks it as a whole: every problem it can find without connecting
 * anywhere, each with its line. For one thread.
 */
public final class ConfigReader {
  /** Keys of a member that say how it is written. */
  private static final List<String> ONLY_FOR_WRITE =
      List.of(
          "deletes",
          "deliver",
          "create-table",
          "alter-table",
          "deleted-flag",
          "on-refusal",
          "park-limit",
          "park-share");

  private static final Duration SHORTEST_REFRESH = Duration.ofSeconds(10);
  private static final int MOST_DEAD_LETTERS = 10_000_000;
  private static final Duration LONGEST_LINGER = Duration.ofSeconds(1);

  private final Map<String, Connector> connectors;
  private final Function<String, @Nullable String> environment;
  private final Exposure exposure;
  private final List<ConfigProblem> problems = new ArrayList<>();
  private final List<ConfigProblem> notices = new ArrayList<>();

  /**
   * One that connects nowhere: what systems expose is not part of what it reads.
   *
   * @param environment gives the value of a variable of the environment, or null
   */
  public ConfigReader(
      Iterable<Connector> connectors, Function<String, @Nullable String> environment) {
    this(connectors, environment, Exposure.NONE);
  }

  /**
   * @param environment gives the value of a variable of the environment, or null
   * @param exposure knows the tables of systems that are exposed; asked for no others
   */
  public ConfigReader(
      Iterable<Connector> connectors,
      Function<String, @Nullable String> environment,
      Exposure exposure) {
    this.exposure = exposure;
    this.connectors = new LinkedHashMap<>();
    connectors.forEach(connector -> this.connectors.put(connector.kind(), connector));
    this.environment = environment;
  }

  /**
   * What became of a file.
   *
   * @param config null where there are problems
   * @param problems in the order of their lines
   * @param notices what is worth to be known though nothing is in the way
   * @param draft what could be read of it, with problems or without; null where nothing could
   * @param root what the file says, with what its systems expose; null where it is not YAML
   */
  public record Outcome(
      @Nullable Config config,
      List<ConfigProblem> problems,
      List<ConfigProblem> notices,
      @Nullable Config draft,
      @Nullable Node root) {
    /** A problem that was found later, with the line its config path leads to. */
    public ConfigProblem located(Problem problem) {
      Node node = root;
      String path = problem.configPath();
      if (node == null || path == null) {
        return new ConfigProblem(0, 0, problem);
      }
      for (String part : path.replace("[", ".[").split("\\.", -1)) {
        Node next = YamlMap.child(node, part);
        if (next == null) {
          break;
        }
        node = next;
      }
      return new ConfigProblem(
          node.getStartMark().getLine() + 1, node.getStartMark().getColumn() + 1, problem);
    }
  }

  public Outcome read(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (MalformedInputException notText) {
      return unreadable(file, "it is not UTF-8 text");
    } catch (IOException failed) {
      return unreadable(file, Files.exists(file) ? "it cannot be read" : "there is no such file");
    }
    Path folder = file.toAbsolutePath().getParent();
    return read(text, folder == null ? file.toAbsolutePath() : folder);
  }

  private static Outcome unreadable(Path file, String why) {
    return new Outcome(
        null,
        List.of(
            new ConfigProblem(
                0,
                0,
                new Problem(
                    "file-unreadable",
                    ProblemType.USER,
                    "The config " + file + " cannot be used: " + why + ".",
                    null,
                    "Name a config file."))),
        List.of(),
        null,
        null);
  }

  /**
   * Reads a config's text.
   *
   * @param folder relative paths in it begin here
   */
  public Outcome read(String text, Path folder) {
    Config config = null;
    Node root = null;
    try {
      root = new Yaml(new LoaderOptions()).compose(new StringReader(text));
      if (root == null) {
        note(1, "empty", "The config is empty.", "Begin with systems, entities and syncs.");
      } else {
        config = readRoot(new YamlMap("", root, problems), folder);
      }
    } catch (MarkedYAMLException notYaml) {
      int line = notYaml.getProblemMark() == null ? 1 : notYaml.getProblemMark().getLine() + 1;
      note(line, "not-yaml", "This is not YAML: " + notYaml.getProblem() + ".", "");
    } catch (YAMLException notYaml) {
      note(1, "not-yaml", "This is not YAML: " + notYaml.getMessage() + ".", "");
    }
    problems.sort(
        Comparator.comparingInt(ConfigProblem::line).thenComparingInt(ConfigProblem::column));
    return new Outcome(
        problems.isEmpty() ? config : null,
        List.copyOf(problems),
        List.copyOf(notices),
        config,
        root);
  }

  private void note(int line, String code, String message, String remedy) {
    problems.add(
        new ConfigProblem(line, 1, new Problem(code, ProblemType.USER, message, null, remedy)));
  }

  private Config readRoot(YamlMap root, Path folder) {
    root.check(ConfigKeys.ROOT);
    Map<String, SystemConfig> systems =
        new SystemReader(connectors, new References(folder, environment))
            .read(root.optionalMap("systems"));
    StateConfig state = readState(root.optionalMap("state"), folder);
    ExposedSystems exposed = new ExposedSystems(root, exposure, state.folder());
    if (exposed.any()) {
      exposed.add(systems);
      notices.addAll(exposed.notices());
    } else {
      noteMissing(root);
    }
    YamlMap written = section(root, "entities");
    EntityReader reader = new EntityReader(folder);
    Map<String, EntityConfig> entities = reader.read(written);
    Set<String> named = Set.copyOf(written.names());
    List<SyncConfig> syncs =
        readSyncs(
            section(root, "syncs"),
            entities,
            systems,
            Set.copyOf(root.optionalMap("systems").names()),
            named);
    reader.checkReferences(
        entities,
        named,
        syncs.stream()
            .filter(sync -> sync.members().stream().anyMatch(MemberConfig::reads))
            .map(SyncConfig::entity)
            .collect(Collectors.toSet()));
    return new Config(
        ServerReader.read(root.optionalMap("server"), folder),
        state,
        WebhookReader.read(root.optionalMap("webhooks")),
        new AccessReader(folder, entities, named).read(root.optionalMap("access")),
        LimitReader.read(root.optionalMap("limits"), new References(folder, environment)),
        ConvertedSystems.of(systems, syncs),
        entities,
        syncs);
  }

  private static void noteMissing(YamlMap root) {
    for (String key : List.of("entities", "syncs")) {
      if (root.isNull(key)) {
        root.note(
            root.node(),
            key,
            "missing-key",
            "'" + key + "' is missing.",
            key.equals("entities")
                ? "What is kept in unison, by name; or expose: true at a system, for all its tables."
                : "Which systems keep which entity, by name.");
      }
    }
  }

  /** A mapping of the file, with what systems expose. */
  private YamlMap section(YamlMap root, String key) {
    Node node = YamlMap.child(root.node(), key);
    return node == null || YamlMap.isNull(node)
        ? root.optionalMap(key)
        : new YamlMap(key, node, problems);
  }

  private static StateConfig readState(YamlMap map, Path folder) {
    map.check(ConfigKeys.STATE);
    Duration retention = Amounts.duration(map.text("retention", "7d"));
    if (retention == null) {
      map.note("retention", "wrong-type", "This is no length of time.", "Write it like 12h or 7d.");
      retention = Duration.ofDays(7);
    }
    Long bytes = Amounts.bytes(map.text("retention-bytes", "10GiB"));
    if (bytes == null) {
      map.note(
          "retention-bytes", "wrong-type", "This is no amount of bytes.", "Write it like 10GiB.");
      bytes = 0L;
    }
    Duration linger = Amounts.duration(map.text("linger", "0ms"));
    if (linger == null) {
      map.note("linger", "wrong-type", "This is no length of time.", "Write it like 5ms.");
      linger = Duration.ZERO;
    } else if (linger.compareTo(LONGEST_LINGER) > 0) {
      map.note(
          "linger", "out-of-range", "linger is not from 0ms to 1s.", "Choose one such as 5ms.");
    }
    Integer letters = map.integer("dead-letters");
    if (letters != null && (letters < 1 || letters > MOST_DEAD_LETTERS)) {
      map.note(
          "dead-letters",
          "out-of-range",
          "dead-letters is not from 1 to " + MOST_DEAD_LETTERS + ".",
          "Choose one such as 100000.");
    }
    return new StateConfig(
        folder.resolve(map.text("folder", "data")),
        retention,
        bytes,
        linger,
        letters == null ? 100_000 : letters);
  }

  private static List<SyncConfig> readSyncs(
      YamlMap map,
      Map<String, EntityConfig> entities,
      Map<String, SystemConfig> systems,
      Set<String> systemNames,
      Set<String> named) {
    List<SyncConfig> syncs = new ArrayList<>();
    Set<String> synced = new HashSet<>();
    for (String name : map.names()) {
      YamlMap sync = map.map(name);
      sync.check(ConfigKeys.SYNC);
      String entityName = sync.text("entity");
      if (entityName == null) {
        continue;
      }
      if (!named.contains(entityName)) {
        sync.note(
            "entity",
            "no-such-entity",
            "There is no entity '" + entityName + "'" + Nearest.question(entityName, named),
            "Name one of " + sorted(named) + ".");
      } else if (!synced.add(entityName)) {
        sync.note(
            "entity",
            "entity-in-two-syncs",
            "'" + entityName + "' is in another sync already.",
            "Put all its members into one sync.");
      }
      List<MemberConfig> members =
          readMembers(name, sync, Optional.ofNullable(entities.get(entityName)), systemNames);
      SyncConfig made =
          new SyncConfig(
              name,
              entityName,
              members,
              firstLoad(sync, members),
              deleteLimit(sync, members),
              ConflictReader.read(sync, Optional.ofNullable(entities.get(entityName))),
              refresh(sync));
      QueryCheck.check(sync, made, systems);
      EntityConfig matched = entities.get(entityName);
      if (matched != null) {
        MatchCheck.check(sync, made, matched);
      }
      if (made.merges()) {
        ConflictReader.checkMerging(sync, made.firstLoad());
      } else if (members.stream().anyMatch(member -> member.direction() == Direction.BOTH)) {
        sync.note(
            "members",
            "wrong-value",
            "A member is read and written, and no other is read: there is nothing to write to it.",
            "Give another member direction: both or read, or this one direction: read.");
      } else if (sync.has("conflict")) {
        sync.note(
            "conflict",
            "wrong-value",
            "Only one member is read: nothing can be in conflict.",
            "Leave it out, or give more members direction: both.");
      }
      syncs.add(made);
    }
    for (SyncConfig sync : syncs) {
      String circle = LoopCheck.circle(sync, syncs);
      if (circle != null) {
        map.map(sync.name())
            .note(
                "members",
                "sync-loop",
                "What is read comes back to where it was read, and goes round without end: "
                    + circle
                    + ".",
                "Put the tables into one sync, each with direction: both, or leave one out.");
      }
    }
    return List.copyOf(syncs);
  }

  private static int deleteLimit(YamlMap sync, List<MemberConfig> members) {
    boolean merges = members.stream().filter(MemberConfig::reads).count() > 1;
    Integer limit = sync.integer("delete-limit");
    if (limit != null && limit < 0) {
      sync.note(
          "delete-limit",
          "out-of-range",
          "delete-limit is " + limit + ".",
          "Choose a number of rows, or 0 for any.");
    }
    return limit != null ? limit : merges ? 1_000 : 0;
  }

  private static @Nullable RefreshTimes refresh(YamlMap sync) {
    String text = sync.text("refresh");
    if (text == null) {
      return null;
    }
    try {
      RefreshTimes times = RefreshTimes.parse(text);
      if (times instanceof RefreshTimes.Every every
          && every.pause().compareTo(SHORTEST_REFRESH) < 0) {
        sync.note(
            "refresh", "out-of-range", "refresh is under 10s.", "Choose a length such as 15m.");
      }
      return times;
    } catch (IllegalArgumentException wrong) {
      sync.note(
          "refresh",
          "wrong-value",
          "This is neither a length of time nor five fields as in crontab: "
              + wrong.getMessage()
              + ".",
          "Write it like 15m, or like \"0 3 * * *\" for three in the night.");
      return null;
    }
  }

  private static FirstLoad firstLoad(YamlMap sync, List<MemberConfig> members) {
    List<FirstLoad> known =
        members.stream().filter(MemberConfig::reads).count() > 1
            ? List.of(FirstLoad.ASK, FirstLoad.LIVE)
            : List.of(FirstLoad.KEEP_EXTRA, FirstLoad.DELETE_EXTRA);
    String text = sync.text("first-load", known.getFirst().word());
    for (FirstLoad each : known) {
      if (each.word().equals(text)) {
        return each;
      }
    }
    sync.note(
        "first-load",
        "wrong-value",
        "There is no first load '"
            + text
            + "' where "
            + (known.contains(FirstLoad.ASK) ? "several members are" : "one member is")
            + " read.",
        "Use " + known.getFirst().word() + " or " + known.getLast().word() + ".");
    return known.getFirst();
  }

  private static String sorted(Set<String> names) {
    return names.stream().sorted().collect(Collectors.joining(", "));
  }

  private static List<MemberConfig> readMembers(
      String name, YamlMap sync, Optional<EntityConfig> entity, Set<String> systems) {
    List<MemberConfig> members = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    int readers = 0;
    boolean unclear = false;
    SchemaChange schemaChange = schemaChange(sync);
    for (YamlMap member : sync.maps("members")) {
      member.check(ConfigKeys.MEMBER);
      String system = member.text("system");
      String table = member.text("table");
      String where = member.text("where");
      Direction direction = direction(member);
      RefusalRules refusals = refusals(member);
      Deletes deletes = deletes(member);
      checkOnlyForWrite(member, direction);
      if (where != null && direction == Direction.WRITE) {
        member.note(
            "where",
            "not-available",
            "A member that is written takes all that is read.",
            "Write the condition at the member that is read.");
      }
      readers += direction == Direction.READ || direction == Direction.BOTH ? 1 : 0;
      unclear |= direction == null;
      if (system != null && !systems.contains(system)) {
        member.note(
            "system",
            "no-such-system",
            "There is no system '" + system + "'" + Nearest.question(system, systems),
            "Name one of " + sorted(systems) + ".");
      } else if (system != null && !seen.add(system)) {
        member.note(
            "system", "system-twice", "'" + system + "' is a member already.", "Name it once.");
      }
      if (system != null && table != null && direction != null && entity.isPresent()) {
        Schema schema = entity.get().schema();
        MemberFields fields = MemberFields.read(member, schema, direction);
        List<@Nullable String> columns = fields.columns();
        checkFlagIsNoField(member, columns);
        boolean keyed = true;
        for (int part = 0; part < schema.keySize(); part++) {
          keyed &= columns.get(schema.keyPosition(part)) != null;
        }
        if (keyed) {
          Binding binding =
              direction != Direction.WRITE
                  ? new Binding(name, schema, table, columns, where, member.path())
                  : new Binding(
                      name, schema, table, columns, member.path(), deletes, flag(member, deletes));
          TablePolicy policy =
              new TablePolicy(
                  schemaChange,
                  member.flag("create-table", false),
                  member.flag("alter-table", false),
                  null,
                  fields.fieldNames(schema));
          String cursor = member.text("cursor");
          Binding planned = binding.with(policy);
          Binding kept = cursor == null ? planned : planned.withCursor(cursor);
          members.add(
              new MemberConfig(
                  system,
                  entity.get().match().isEmpty() ? kept : kept.withOwnKeys(),
                  direction,
                  refusals,
                  MemberSteps.collect(member, direction, schema),
                  MemberSteps.deliver(member, schema),
                  fields.conversions(),
                  fields.naming()));
        }
      }
    }
    checkReaders(sync, readers, unclear);
    return List.copyOf(members);
  }

  private static SchemaChange schemaChange(YamlMap sync) {
    String text = sync.text("schema-change", "ignore");
    return switch (text) {
      case "evolve" -> SchemaChange.EVOLVE;
      case "ignore" -> SchemaChange.IGNORE;
      case "stop" -> SchemaChange.STOP;
      default -> {
        sync.note(
            "schema-change",
            "wrong-value",
            "There is no schema-change '" + text + "'.",
            "Use evolve, ignore or stop.");
        yield SchemaChange.IGNORE;
      }
    };
  }

  private static void checkOnlyForWrite(YamlMap member, @Nullable Direction direction) {
    for (String key : ONLY_FOR_WRITE) {
      if (direction == Direction.READ && member.has(key)) {
        member.note(
            member.keyNode(key),
            key,
            "only-for-write",
            "'" + key + "' has a meaning only for a member that is written.",
            "Leave it out, or give it to a member with direction: write.");
      }
    }
  }

  private static void checkFlagIsNoField(YamlMap member, List<@Nullable String> columns) {
    if (!member.isNull("deleted-flag") && columns.contains(member.text("deleted-flag"))) {
      member.note(
          "deleted-flag",
          "wrong-value",
          "This column is a field's already.",
          "Name a column that no field fills, or write null for the field's column.");
    }
  }

  private static Deletes deletes(YamlMap member) {
    String text = member.text("deletes", "hard");
    return switch (text) {
      case "hard" -> Deletes.HARD;
      case "ignore" -> Deletes.IGNORE;
      case "soft" -> {
        if (member.isNull("deleted-flag")) {
          member.note(
              "deletes",
              "missing-key",
              "'deleted-flag' is missing.",
              "Name the column that says that a row is deleted.");
          yield Deletes.HARD;
        }
        yield Deletes.SOFT;
      }
      default -> {
        member.note(
            "deletes",
            "wrong-value",
            "There is no '" + text + "' here.",
            "Use hard, soft or ignore.");
        yield Deletes.HARD;
      }
    };
  }

  private static @Nullable String flag(YamlMap member, Deletes deletes) {
    String flag = member.text("deleted-flag");
    if (flag != null && deletes != Deletes.SOFT) {
      member.note(
          "deleted-flag",
          "wrong-value",
          "'deleted-flag' has a meaning only with deletes: soft.",
          "Leave it out, or write deletes: soft.");
    }
    return deletes == Deletes.SOFT ? flag : null;
  }

  private static RefusalRules refusals(YamlMap member) {
    RefusalRules standard = RefusalRules.standard();
    boolean parks = true;
    String text = member.text("on-refusal", "park");
    switch (text) {
      case "park" -> parks = true;
      case "stop" -> parks = false;
      default ->
          member.note(
              "on-refusal", "wrong-value", "There is no '" + text + "' here.", "Use park or stop.");
    }
    return new RefusalRules(
        parks,
        inRange(member, "park-limit", standard.limit(), 1_000_000),
        inRange(member, "park-share", standard.sharePercent(), 100));
  }

  private static int inRange(YamlMap member, String key, int otherwise, int most) {
    Integer number = member.integer(key);
    if (number == null) {
      return otherwise;
    }
    if (number < 1 || number > most) {
      member.note(
          key,
          "out-of-range",
          key + " is " + number + ".",
          "Choose a number from 1 to " + most + ".");
    }
    return number;
  }

  private static void checkReaders(YamlMap sync, int readers, boolean unclear) {
    if (readers == 0 && !unclear && !sync.isNull("members")) {
      sync.note(
          "members",
          "no-reader",
          "No member is read.",
          "Give the member that owns the entity direction: read.");
    }
  }

  private static @Nullable Direction direction(YamlMap member) {
    String text = member.text("direction");
    if (text == null) {
      return null;
    }
    return switch (text) {
      case "read" -> Direction.READ;
      case "write" -> Direction.WRITE;
      case "both" -> Direction.BOTH;
      default -> {
        member.note(
            "direction",
            "wrong-value",
            "There is no direction '" + text.toLowerCase(Locale.ROOT) + "'.",
            "Use read, write or both.");
        yield null;
      }
    };
  }
}
