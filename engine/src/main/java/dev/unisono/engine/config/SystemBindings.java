package dev.unisono.engine.config;

import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.Constraints.Reference;
import dev.unisono.spi.Binding;
import dev.unisono.spi.ConnectedSystem;
import dev.unisono.spi.TablePolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What a config wants to be read from a system and written to it. Has no state. */
public final class SystemBindings {
  private SystemBindings() {}

  /**
   * What is read from a system: what others refer to comes first, so that it is known by the time
   * they are read.
   */
  public static List<Binding> read(Config config, String system) {
    List<Binding> found = new ArrayList<>();
    Set<SyncConfig> ordered = new LinkedHashSet<>();
    config.syncs().forEach(sync -> addReferredFirst(config, sync, ordered, new HashSet<>()));
    for (SyncConfig sync : ordered) {
      for (MemberConfig member : sync.members()) {
        if (member.system().equals(system) && member.reads()) {
          found.add(member.binding());
        }
      }
    }
    return found;
  }

  /**
   * Adds a sync behind those whose entities its own refers to.
   *
   * @param under those that are being added: what refers to itself in a circle has no order
   */
  private static void addReferredFirst(
      Config config, SyncConfig sync, Set<SyncConfig> ordered, Set<String> under) {
    if (!under.add(sync.entity())) {
      return;
    }
    for (Reference reference :
        Objects.requireNonNull(config.entities().get(sync.entity())).constraints().references()) {
      config.syncs().stream()
          .filter(other -> other.entity().equals(reference.entity()))
          .forEach(other -> addReferredFirst(config, other, ordered, under));
    }
    ordered.add(sync);
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
