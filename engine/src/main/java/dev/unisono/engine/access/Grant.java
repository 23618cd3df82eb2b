package dev.unisono.engine.access;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a role allows with the records of some entities. Immutable.
 *
 * @param entities their names; null for all there are
 * @param shown the fields that are shown; null for all that there are or will be
 * @param masks how fields are shown that are not shown as they are, the hidden ones included
 * @param writable the fields that may be written; null for all that are shown as they are
 * @param rows a condition in CEL on the records, by {@code record} and {@code caller}; null for all
 */
public record Grant(
    @Nullable Set<String> entities,
    Set<Action> actions,
    @Nullable Set<String> shown,
    Map<String, Mask> masks,
    @Nullable Set<String> writable,
    @Nullable String rows,
    String role,
    SourceLine where) {
  public Grant {
    entities = entities == null ? null : Set.copyOf(entities);
    actions = Set.copyOf(actions);
    shown = shown == null ? null : Set.copyOf(shown);
    masks = Map.copyOf(masks);
    writable = writable == null ? null : Set.copyOf(writable);
  }

  /** All of every record. */
  static Grant whole(String role, Set<Action> actions) {
    return new Grant(null, actions, null, Map.of(), null, null, role, SourceLine.BUILT_IN);
  }

  boolean about(String entity) {
    return entities == null || entities.contains(entity);
  }

  /** How it shows a field. */
  Mask mask(String field, boolean ofKey) {
    if (ofKey) {
      return Mask.NONE;
    }
    Mask mask = masks.get(field);
    if (mask != null) {
      return mask;
    }
    return shown == null || shown.contains(field) ? Mask.NONE : Mask.HIDDEN;
  }

  boolean writes(String field, boolean ofKey) {
    return writable == null ? mask(field, ofKey) == Mask.NONE : ofKey || writable.contains(field);
  }
}
