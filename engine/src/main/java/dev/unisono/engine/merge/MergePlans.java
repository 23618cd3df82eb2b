package dev.unisono.engine.merge;

import dev.unisono.engine.clean.Cleaner;
import dev.unisono.engine.config.Config;
import dev.unisono.engine.config.Config.EntityConfig;
import dev.unisono.engine.config.Config.FirstLoad;
import dev.unisono.engine.config.Config.MemberConfig;
import dev.unisono.engine.config.Config.SyncConfig;
import dev.unisono.engine.config.FieldStrategy;
import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.match.FuzzyMatcher;
import dev.unisono.engine.standardize.Standardizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** What the config asks of entities that several members write. Has no state. */
final class MergePlans {
  private MergePlans() {}

  static List<MergePlan> of(Config config, List<Entity> entities) {
    List<MergePlan> plans = new ArrayList<>();
    for (SyncConfig sync : config.syncs()) {
      for (Entity entity : entities) {
        if (sync.merges() && sync.entity().equals(entity.name())) {
          plans.add(
              plan(sync, entity, Objects.requireNonNull(config.entities().get(entity.name()))));
        }
      }
    }
    return plans;
  }

  private static MergePlan plan(SyncConfig sync, Entity entity, EntityConfig config) {
    List<MemberConfig> writing = sync.members().stream().filter(MemberConfig::reads).toList();
    return plan(sync, entity, config, writing, false);
  }

  /**
   * A plan of all members, those that are read first, and each of which can be told something: for
   * finding out what that would be.
   */
  static MergePlan ofAll(SyncConfig sync, Entity entity, EntityConfig config) {
    List<MemberConfig> all =
        sync.members().stream().sorted(Comparator.comparing(member -> !member.reads())).toList();
    return plan(sync, entity, config, all, true);
  }

  private static MergePlan plan(
      SyncConfig sync,
      Entity entity,
      EntityConfig config,
      List<MemberConfig> configured,
      boolean told) {
    List<MergeMember> members = new ArrayList<>();
    for (MemberConfig member : configured) {
      int number = members.size();
      members.add(
          new MergeMember(
              number,
              member.system(),
              member.binding(),
              configured.size() - number,
              told || member.writes(),
              new LearnedProjection(),
              Cleaner.of(config, member)::standardize,
              new Standardizer(entity.schema(), member.deliver())));
    }
    List<FieldStrategy> strategies =
        entity.schema().fields().stream()
            .map(field -> sync.conflict().strategy(field.name()))
            .toList();
    return new MergePlan(
        entity,
        members,
        strategies,
        1,
        sync.conflict().deletes(),
        config.match().exact().stream().map(rule -> positions(entity, rule)).toList(),
        config.match().fuzzy().stream()
            .map(rule -> new FuzzyMatcher(rule, entity.schema()))
            .toList(),
        sync.firstLoad() == FirstLoad.ASK);
  }

  private static int[] positions(Entity entity, List<String> fields) {
    return fields.stream()
        .mapToInt(field -> Objects.requireNonNull(entity.schema().find(field)))
        .toArray();
  }
}
