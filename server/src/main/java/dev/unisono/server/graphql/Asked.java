package dev.unisono.server.graphql;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.record.EntityRecord;
import dev.unisono.server.feed.Consumers;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Operations;
import dev.unisono.server.operation.Relations.Relation;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import graphql.schema.DataFetchingEnvironment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a document: who asks, which records were looked up already, and what the answer
 * reflects. For one thread.
 */
final class Asked {
  private final Operations operations;
  private final Consumers consumers;
  private final Caller caller;
  private final @Nullable String after;
  private final Map<Entity, Map<Key, Optional<EntityRecord>>> found = new HashMap<>();
  private @Nullable Cursor position;
  private boolean changed;
  private final Set<Entity> shown = new HashSet<>();
  private double stale = -1;

  /**
   * @param after the cursor of a position that reads have to reflect; null where any will do
   */
  Asked(Operations operations, Consumers consumers, Caller caller, @Nullable String after) {
    this.operations = operations;
    this.consumers = consumers;
    this.caller = caller;
    this.after = after;
  }

  static Asked of(DataFetchingEnvironment environment) {
    return environment.getGraphQlContext().get(Asked.class);
  }

  Operations operations() {
    return operations;
  }

  Consumers consumers() {
    return consumers;
  }

  Caller caller() {
    return caller;
  }

  @Nullable String after() {
    return after;
  }

  /** Notes what a part of the answer reflects; the oldest of all counts. */
  <T> T reflected(Entity entity, Operations.Found<T> part) {
    held(entity);
    Cursor known = position;
    if (known == null || part.position().sequence() < known.sequence()) {
      position = part.position();
    }
    return part.value();
  }

  /** Notes that the answer shows what is held of an entity. */
  private void held(Entity entity) {
    if (shown.add(entity)) {
      operations.staleSeconds(entity).ifPresent(seconds -> stale = Math.max(stale, seconds));
    }
  }

  /**
   * By how many seconds what is shown may be older than where it comes from, the most of all
   * entities; empty where no system is away.
   */
  OptionalDouble staleSeconds() {
    return stale < 0 ? OptionalDouble.empty() : OptionalDouble.of(stale);
  }

  /** What all of the answer reflects; null where it shows no record. */
  @Nullable Cursor position() {
    return position;
  }

  /** Each record that others refer to is looked up once. */
  Optional<EntityRecord> related(Relation relation, Row row) {
    Key key = relation.key(row);
    if (key == null) {
      return Optional.empty();
    }
    held(relation.to());
    return found
        .computeIfAbsent(relation.to(), _ -> new HashMap<>())
        .computeIfAbsent(key, _ -> operations.related(caller, relation, row));
  }

  /** Notes that an entity's fields have changed meanwhile: then all of it is asked again. */
  void fieldsChanged() {
    changed = true;
  }

  boolean changed() {
    return changed;
  }
}
