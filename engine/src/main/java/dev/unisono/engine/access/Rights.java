package dev.unisono.engine.access;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.expression.RowCondition;
import dev.unisono.engine.expression.RowCondition.Verdict;
import dev.unisono.spi.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one caller may do: what the roles allow that are held, narrowed by the scopes of what the
 * caller has shown, without what rules deny. Equal to another's of the same content. Safe for
 * threads.
 */
public final class Rights {
  private final AccessPolicy policy;
  private final Subject subject;
  private final @Nullable Set<Scope> ceiling;
  private final MaskKey secret;
  private final Map<String, EntityRights> entities = new ConcurrentHashMap<>();

  Rights(AccessPolicy policy, Subject subject, @Nullable Set<Scope> ceiling, MaskKey secret) {
    this.policy = policy;
    this.subject = subject;
    this.ceiling = ceiling == null ? null : Set.copyOf(ceiling);
    this.secret = secret;
  }

  public Subject subject() {
    return subject;
  }

  /** Whether an area of the administration may be looked at, or changed. */
  public Decision may(AdminArea area, boolean writing) {
    boolean byScope = ceiling == null || ceiling.stream().anyMatch(s -> s.covers(area, writing));
    if (subject.roles().isEmpty() && ceiling != null && byScope) {
      return Decision.allowed("Allowed by its scopes.");
    }
    for (Role role : byScope ? policy.roles(subject) : List.<Role>of()) {
      if (role.administers().stream().anyMatch(scope -> scope.covers(area, writing))) {
        return Decision.allowed("Allowed by role '" + role.name() + "' (" + role.where() + ").");
      }
    }
    return Decision.denied(
        "Nothing allows "
            + holder()
            + (writing ? " to change " : " to look at ")
            + area.label()
            + ": that takes a role or a scope with admin/"
            + area.label()
            + (writing ? ":write." : ":read."));
  }

  /** What may be done with an entity's records. */
  public EntityRights of(Entity entity) {
    EntityRights known = entities.get(entity.name());
    return known == null
        ? entities.computeIfAbsent(entity.name(), _ -> made(entity.name(), entity.schema()))
        : known;
  }

  private EntityRights made(String entity, Schema schema) {
    List<EntityRights.Held<Grant>> grants = new ArrayList<>();
    if (subject.roles().isEmpty() && ceiling != null) {
      add(grants, entity, schema, Grant.whole("by its scopes", Set.of(Action.values())));
    }
    for (Role role : policy.roles(subject)) {
      for (Grant grant : role.grants()) {
        add(grants, entity, schema, grant);
      }
    }
    List<EntityRights.Held<Rule>> rules = new ArrayList<>();
    for (Rule rule : policy.rules()) {
      if (rule.entities() == null || rule.entities().contains(entity)) {
        add(rules, schema, rule);
      }
    }
    return new EntityRights(entity, holder(), grants, rules, policy.conditions(), secret);
  }

  private void add(
      List<EntityRights.Held<Grant>> grants, String entity, Schema schema, Grant grant) {
    if (!grant.about(entity)) {
      return;
    }
    Set<Action> actions = Action.among(grant.actions(), action -> allowed(entity, action));
    if (!actions.isEmpty()) {
      Grant narrowed =
          new Grant(
              grant.entities(),
              actions,
              grant.shown(),
              grant.masks(),
              grant.writable(),
              grant.rows(),
              grant.role(),
              grant.where());
      grants.add(new EntityRights.Held<>(narrowed, asked(grant.rows(), schema)));
    }
  }

  private boolean allowed(String entity, Action action) {
    return ceiling == null || ceiling.stream().anyMatch(scope -> scope.covers(entity, action));
  }

  /** A rule about callers alone is decided now. */
  private void add(List<EntityRights.Held<Rule>> rules, Schema schema, Rule rule) {
    Optional<RowCondition> condition =
        Optional.ofNullable(rule.when()).flatMap(text -> policy.conditions().of(text, schema));
    if (condition.isEmpty() || !condition.get().ofCallerAlone()) {
      rules.add(new EntityRights.Held<>(rule, asked(rule.when(), schema)));
      return;
    }
    // What has no value for this caller bars: a doubt does not let in.
    if (condition.get().of(asked(rule.when(), schema)).ofCaller() != Verdict.BROKEN) {
      Rule always =
          new Rule(
              rule.name(), rule.entities(), rule.actions(), null, rule.message(), rule.where());
      rules.add(new EntityRights.Held<>(always, Map.of()));
    }
  }

  private Map<String, Object> asked(@Nullable String text, Schema schema) {
    return Optional.ofNullable(text)
        .flatMap(each -> policy.conditions().of(each, schema))
        .map(each -> each.asks(subject.name(), subject.roles(), subject.claims()))
        .orElse(Map.of());
  }

  private String holder() {
    return subject.name()
        + (subject.roles().isEmpty()
            ? " (no roles)"
            : " (" + String.join(", ", subject.roles()) + ")");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof Rights one
            && subject.equals(one.subject)
            && Objects.equals(ceiling, one.ceiling)
            && policy.equals(one.policy));
  }

  @Override
  public int hashCode() {
    return Objects.hash(subject, ceiling);
  }
}
