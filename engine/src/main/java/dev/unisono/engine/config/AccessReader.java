package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.access.AccessPolicy;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.Grant;
import dev.unisono.engine.access.Mask;
import dev.unisono.engine.access.PolicyTest;
import dev.unisono.engine.access.Role;
import dev.unisono.engine.access.Rule;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.access.SourceLine;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.expression.RowCondition;
import dev.unisono.engine.expression.UnfitExpression;
import dev.unisono.spi.Field;
import dev.unisono.spi.Schema;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/** Reads roles, rules and their tests, in the config and in files of their own. For one thread. */
final class AccessReader {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");

  private static final Map<String, Set<Action>> GROUPS =
      Map.of(
          "read", EnumSet.of(Action.LIST, Action.GET, Action.FOLLOW),
          "write", EnumSet.of(Action.CREATE, Action.REPLACE, Action.CHANGE, Action.DELETE));

  private final Path folder;
  private final Map<String, EntityConfig> entities;
  private final Set<String> named;
  private final Map<String, Role> roles = new LinkedHashMap<>();
  private final List<Rule> rules = new ArrayList<>();
  private final List<PolicyTest> tests = new ArrayList<>();

  /**
   * @param folder where relative paths begin
   * @param named all that the config names, also those that could not be read
   */
  AccessReader(Path folder, Map<String, EntityConfig> entities, Set<String> named) {
    this.folder = folder;
    this.entities = entities;
    this.named = named;
  }

  AccessConfig read(YamlMap access) {
    access.check(ConfigKeys.ACCESS);
    part(access, "the config");
    for (String name : access.texts("policies")) {
      PolicyFile file = new PolicyFile(access, "policies", name, folder);
      YamlMap content = file.content();
      if (content != null) {
        content.check(ConfigKeys.POLICY_FILE);
        part(content, name);
      }
      file.tell();
    }
    AccessPolicy policy = new AccessPolicy(List.copyOf(roles.values()), rules);
    return new AccessConfig(
        policy,
        tests,
        IssuerReader.oauth(access.optionalMap("oauth")),
        new IssuerReader(policy.roles().keySet()).issuers(access.maps("issuers")));
  }

  private void part(YamlMap map, String file) {
    YamlMap named = map.optionalMap("roles");
    for (String name : map.isNull("roles") ? List.<String>of() : named.names()) {
      role(named, name, file);
    }
    for (YamlMap rule : map.maps("rules")) {
      rule(rule, file);
    }
    for (YamlMap test : map.maps("tests")) {
      new AccessTestReader(test, line(test.node(), file), entities).read().ifPresent(tests::add);
    }
  }

  private static SourceLine line(Node node, String file) {
    return new SourceLine(file, node.getStartMark().getLine() + 1);
  }

  private void role(YamlMap map, String name, String file) {
    YamlMap role = map.map(name);
    role.check(ConfigKeys.ROLE);
    SourceLine where = line(map.keyNode(name), file);
    if (!NAME.matcher(name).matches()) {
      map.note(
          map.keyNode(name),
          name,
          "wrong-value",
          "'" + name + "' is no name of a role.",
          "Use up to 63 letters, digits, dots, hyphens and underscores.");
    } else if (AccessPolicy.BUILT_IN.contains(name)) {
      map.note(
          map.keyNode(name),
          name,
          "wrong-value",
          "The role '" + name + "' is always there, and cannot be another.",
          "Choose another name.");
    }
    List<Grant> grants = new ArrayList<>();
    for (YamlMap grant : role.maps("grants")) {
      grants.add(grant(grant, name, line(grant.node(), file)));
    }
    if (roles.put(
            name, new Role(name, role.text("description", ""), grants, administers(role), where))
        != null) {
      map.note(
          map.keyNode(name),
          name,
          "named-twice",
          "There is another role '" + name + "'.",
          "Keep one, or name this otherwise.");
    }
  }

  private static Set<Scope> administers(YamlMap role) {
    Set<Scope> scopes = new HashSet<>();
    for (String text : role.texts("admin")) {
      Optional<Scope> scope = Scope.parse("admin/" + text);
      scope.ifPresent(scopes::add);
      if (scope.isEmpty()) {
        role.note(
            "admin",
            "wrong-value",
            "'" + text + "' is no area of the administration.",
            "Write operations, access or metrics, with :read or :write.");
      }
    }
    return scopes;
  }

  private Grant grant(YamlMap map, String role, SourceLine where) {
    map.check(ConfigKeys.GRANT);
    Set<String> about = about(map);
    List<String> concerned = concerned(about);
    Map<String, Mask> masks = new HashMap<>();
    YamlMap masked = map.optionalMap("mask");
    for (String field : map.isNull("mask") ? List.<String>of() : masked.names()) {
      mask(masked, field, concerned).ifPresent(mask -> masks.put(field, mask));
    }
    for (String field : fields(map, "hide", concerned)) {
      masks.put(field, Mask.HIDDEN);
    }
    Set<String> shown = map.has("fields") ? Set.copyOf(fields(map, "fields", concerned)) : null;
    Set<String> writable = map.has("write") ? Set.copyOf(fields(map, "write", concerned)) : null;
    for (String entity : concerned) {
      Schema schema = schema(entity);
      for (String field : masks.keySet()) {
        Integer position = schema == null ? null : schema.find(field);
        if (schema != null && position != null && schema.isKey(position)) {
          map.note(
              masked.has(field) ? "mask" : "hide",
              "wrong-value",
              "'" + field + "' is part of the key of " + entity + ", which is always shown.",
              "Leave it out; or let rows say which records are shown.");
        }
      }
    }
    return new Grant(
        about,
        actions(map, "actions"),
        shown,
        masks,
        writable,
        condition(map, "rows", concerned),
        role,
        where);
  }

  private Optional<Mask> mask(YamlMap map, String field, List<String> concerned) {
    String text = map.isNull(field) ? "null" : map.text(field, "");
    Optional<Mask> mask = Mask.named(text);
    if (mask.isEmpty()) {
      map.note(
          field,
          "wrong-value",
          "There is no mask '" + text + "'.",
          "Use one of partial, hash, 'null'; or name the field under hide.");
    }
    known(map, field, List.of(field), concerned);
    for (String entity : concerned) {
      Schema schema = schema(entity);
      Integer position = schema == null ? null : schema.find(field);
      if (schema != null
          && position != null
          && mask.isPresent()
          && !mask.get().fits(schema.field(position).type())) {
        map.note(
            field,
            "wrong-value",
            "'" + field + "' of " + entity + " is no text: there is nothing to show of it so.",
            "Write 'null', or hide it.");
      }
    }
    return mask;
  }

  private void rule(YamlMap map, String file) {
    map.check(ConfigKeys.ACCESS_RULE);
    String name = map.text("name", "");
    if (!name.isEmpty() && !NAME.matcher(name).matches()) {
      map.note(
          "name",
          "wrong-value",
          "'" + name + "' is no name of a rule.",
          "Use up to 63 letters, digits, dots, hyphens and underscores.");
    }
    if (rules.stream().anyMatch(other -> other.name().equals(name))) {
      map.note("name", "named-twice", "There is another rule '" + name + "'.", "Choose another.");
    }
    Set<String> about = about(map);
    rules.add(
        new Rule(
            name,
            about,
            actions(map, "deny"),
            condition(map, "when", concerned(about)),
            map.text("message", "This is denied here."),
            line(map.node(), file)));
  }

  /** Null for all there are. */
  private @Nullable Set<String> about(YamlMap map) {
    if (map.isNull("entities")) {
      return null;
    }
    for (String name : map.texts("entities")) {
      if (!named.contains(name)) {
        map.note(
            "entities",
            "no-such-entity",
            "There is no entity '" + name + "'" + Nearest.question(name, named),
            "Name one of " + String.join(", ", new TreeSet<>(named)) + ".");
      }
    }
    return Set.copyOf(map.texts("entities"));
  }

  private List<String> concerned(@Nullable Set<String> about) {
    return (about == null ? named : about).stream().filter(entities::containsKey).sorted().toList();
  }

  private @Nullable Schema schema(String entity) {
    EntityConfig config = entities.get(entity);
    return config == null ? null : config.schema();
  }

  private List<String> fields(YamlMap map, String key, List<String> concerned) {
    List<String> names = map.texts(key);
    known(map, key, names, concerned);
    return names;
  }

  /** A name that none of the entities has was written wrong. */
  private void known(YamlMap map, String key, List<String> names, List<String> concerned) {
    Set<String> all =
        concerned.stream()
            .map(this::schema)
            .flatMap(schema -> schema == null ? Stream.empty() : schema.fields().stream())
            .map(Field::name)
            .collect(Collectors.toSet());
    for (String name : names) {
      if (!all.contains(name) && !concerned.isEmpty()) {
        map.note(
            key,
            "unknown-field",
            "There is no field '" + name + "'" + Nearest.question(name, all),
            "Name a field of " + String.join(" or ", concerned) + ".");
      }
    }
  }

  static Set<Action> actions(YamlMap map, String key) {
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (String text : map.texts(key)) {
      Set<Action> meant = GROUPS.getOrDefault(text, action(text));
      actions.addAll(meant);
      if (meant.isEmpty()) {
        Collection<String> known = new TreeMap<>(GROUPS).keySet();
        List<String> all = new ArrayList<>(known);
        for (Action action : Action.values()) {
          all.add(action.label());
        }
        map.note(
            key,
            "wrong-value",
            "There is no action '" + text + "'" + Nearest.question(text, all),
            "Use one of " + String.join(", ", all) + ".");
      }
    }
    return actions;
  }

  private static Set<Action> action(String text) {
    Set<Action> found = EnumSet.noneOf(Action.class);
    for (Action action : Action.values()) {
      if (action.label().equals(text)) {
        found.add(action);
      }
    }
    return found;
  }

  private @Nullable String condition(YamlMap map, String key, List<String> concerned) {
    String text = map.text(key);
    for (String entity : text == null ? List.<String>of() : concerned) {
      Schema schema = schema(entity);
      try {
        if (schema != null && text != null) {
          RowCondition.access(text, schema.fields());
        }
      } catch (UnfitExpression unfit) {
        map.note(
            key,
            "bad-expression",
            "This is no condition on a " + entity + " record: " + unfit.getMessage() + ".",
            "Write one in CEL that is true or false, such as record.country =="
                + " caller.claims.country; or name the entities that it is for.");
      }
    }
    return text;
  }
}
