package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.TablePolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a config wants to be read from a system and written to it. Has no state. */
public final class SystemBindings {
  private SystemBindings() {}

  public static List<Binding> read(Config config, String system) {
    List<Binding> found = new ArrayList<>();
    for (SyncConfig sync : config.syncs()) {
      for (MemberConfig member : sync.members()) {
        if (member.system().equals(system) && member.reads()) {
          found.add(member.binding());
        }
      }
    }
    return found;
  }

  /**
   * What is written, each with the table that it is read from.
   *
   * @param systems gives a system of the config by its name, once its types are asked for
   */
  public static List<Binding> written(
      Config config, String system, Function<String, ConnectedSystem> systems) {
    List<Binding> found = new ArrayList<>();
    for (SyncConfig sync : config.syncs()) {
      Optional<MemberConfig> reader =
          sync.members().stream().filter(MemberConfig::reads).findFirst();
      for (MemberConfig member : sync.members()) {
        if (member.system().equals(system) && member.writes()) {
          Binding binding = member.binding();
          TablePolicy policy = binding.policy();
          found.add(
              binding.with(
                  new TablePolicy(
                      policy.schemaChange(),
                      policy.createTable(),
                      policy.alterTable(),
                      reader.map(read -> origin(config, read, member, systems)).orElse(null),
                      policy.fieldNames())));
        }
      }
    }
    return found;
  }

  private static TablePolicy.Origin origin(
      Config config,
      MemberConfig reader,
      MemberConfig writer,
      Function<String, ConnectedSystem> systems) {
    String kind = Objects.requireNonNull(config.systems().get(reader.system())).connector().kind();
    return new TablePolicy.Origin() {
      @Override
      public String kind() {
        return kind;
      }

      @Override
      public List<@Nullable String> columnTypes() {
        List<@Nullable String> types =
            new ArrayList<>(systems.apply(reader.system()).columnTypes(reader.binding()));
        // Where one of both has a form of its own, the other's column says nothing of it.
        for (int i = 0; i < types.size(); i++) {
          String field = reader.binding().schema().field(i).name();
          if (reader.conversions().containsKey(field) || writer.conversions().containsKey(field)) {
            types.set(i, null);
          }
        }
        return types;
      }
    };
  }
}
