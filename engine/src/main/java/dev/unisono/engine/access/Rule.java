package dev.unisono.engine.access;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is denied, whatever roles allow. Immutable.
 *
 * @param entities their names; null for all there are
 * @param when a condition in CEL, by {@code record} and {@code caller}; null for always
 * @param message for whoever is denied
 */
public record Rule(
    String name,
    @Nullable Set<String> entities,
    Set<Action> actions,
    @Nullable String when,
    String message,
    SourceLine where) {
  public Rule {
    entities = entities == null ? null : Set.copyOf(entities);
    actions = Set.copyOf(actions);
  }

  boolean about(String entity, Action action) {
    return (entities == null || entities.contains(entity)) && actions.contains(action);
  }
}
