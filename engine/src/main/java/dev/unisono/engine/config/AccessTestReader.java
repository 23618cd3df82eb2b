package dev.unisono.engine.config;

import dev.unisono.engine.Nearest;
import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.PolicyTest;
import dev.unisono.engine.access.Scope;
import dev.unisono.engine.access.SourceLine;
import dev.unisono.engine.access.Subject;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.entity.EntityField;
import dev.unisono.engine.entity.EntityJson;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads one test of roles and rules. For one thread. */
final class AccessTestReader {
  private final YamlMap map;
  private final SourceLine where;
  private final Map<String, EntityConfig> entities;

  AccessTestReader(YamlMap map, SourceLine where, Map<String, EntityConfig> entities) {
    this.map = map;
    this.where = where;
    this.entities = entities;
  }

  /** Empty where it is not as it must be, which is noted. */
  Optional<PolicyTest> read() {
    map.check(ConfigKeys.ACCESS_TEST);
    String name = map.text("entity", "");
    EntityConfig entity = entities.get(name);
    if (entity == null) {
      if (!name.isEmpty()) {
        map.note(
            "entity",
            "no-such-entity",
            "There is no entity '" + name + "'" + Nearest.question(name, entities.keySet()),
            "Name one of " + String.join(", ", new TreeSet<>(entities.keySet())) + ".");
      }
      return Optional.empty();
    }
    Set<Action> actions = AccessReader.actions(map, "action");
    String expect = map.text("expect", "");
    if (!expect.equals("allowed") && !expect.equals("denied")) {
      map.note(
          "expect", "wrong-value", "This is neither allowed nor denied.", "Write one of them.");
    }
    if (actions.size() != 1) {
      map.note("action", "wrong-value", "A test is of one action.", "Write one, such as get.");
      return Optional.empty();
    }
    YamlMap caller = map.optionalMap("caller");
    caller.check(ConfigKeys.ACCESS_CALLER);
    return Optional.of(
        new PolicyTest(
            map.text("name", ""),
            new Subject(
                caller.text("name", "somebody"),
                new TreeSet<>(caller.texts("roles")),
                texts(caller, "claims")),
            caller.has("scopes") ? scopes(caller) : null,
            actions.iterator().next(),
            name,
            row("record", entity),
            row("write", entity),
            expect.equals("allowed"),
            map.text("because", ""),
            map.has("seen") ? texts(map, "seen") : null,
            where));
  }

  private static Set<Scope> scopes(YamlMap caller) {
    Set<Scope> scopes = new HashSet<>();
    for (String text : caller.texts("scopes")) {
      Optional<Scope> scope = Scope.parse(text);
      scope.ifPresent(scopes::add);
      if (scope.isEmpty()) {
        caller.note(
            "scopes",
            "wrong-value",
            "'" + text + "' is no scope.",
            "Write it like customer:read or admin/operations:write.");
      }
    }
    return scopes;
  }

  private static Map<String, String> texts(YamlMap map, String key) {
    YamlMap part = map.optionalMap(key);
    Map<String, String> texts = new HashMap<>();
    for (String name : map.isNull(key) ? List.<String>of() : part.names()) {
      texts.put(name, part.isNull(name) ? "null" : part.text(name, ""));
    }
    return texts;
  }

  /** What is not said is UNCHANGED; null where nothing is. */
  private @Nullable Row row(String key, EntityConfig entity) {
    if (map.isNull(key)) {
      return null;
    }
    YamlMap fields = map.map(key);
    @Nullable Object[] values = new @Nullable Object[entity.schema().size()];
    Arrays.fill(values, key.equals("record") ? null : Unchanged.UNCHANGED);
    for (String name : fields.names()) {
      Integer position = entity.schema().find(name);
      if (position == null) {
        Set<String> known =
            entity.fields().stream().map(EntityField::name).collect(Collectors.toSet());
        fields.note(
            name,
            "unknown-field",
            "There is no field '" + name + "'" + Nearest.question(name, known),
            "Name a field of the entity.");
        continue;
      }
      String text = fields.text(name);
      try {
        values[position] =
            text == null ? null : EntityJson.parse(entity.fields().get(position), text);
      } catch (EntityJson.UnfitValue unfit) {
        fields.note(
            name, "wrong-value", String.valueOf(unfit.getMessage()), "Write a value of its type.");
      }
    }
    return new Row(entity.schema(), values);
  }
}
