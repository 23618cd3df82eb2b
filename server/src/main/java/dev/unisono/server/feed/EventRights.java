package dev.unisono.server.feed;

import dev.unisono.engine.access.Action;
import dev.unisono.engine.access.EntityRights;
import dev.unisono.engine.entity.Entity;
import dev.unisono.server.operation.Caller;
import dev.unisono.server.operation.Operations;
import dev.unisono.spi.Row;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a caller may see of events, whatever the door: those of other records are not there, and a
 * record that comes to be seen, or is seen no more, is told as created or deleted. What cannot be
 * judged is not told: so is a delete of which the source has not said what it deleted, where only
 * some records are shown. Equal to that of whoever sees the same. Immutable; safe for threads.
 *
 * @param known by the entities' names; null where all of everything is seen
 */
record EventRights(@Nullable Map<String, EntityRights> known) {
  /** All of everything. */
  static final EventRights WHOLE = new EventRights(null);

  /**
   * What a caller may follow.
   *
   * @param entity null for all that there are
   */
  static EventRights of(Operations operations, Caller caller, @Nullable Entity entity) {
    List<Entity> asked = entity == null ? operations.entities() : List.of(entity);
    if (asked.stream().allMatch(each -> caller.rights().of(each).whole(Action.FOLLOW))) {
      return WHOLE;
    }
    return new EventRights(
        asked.stream()
            .filter(each -> caller.rights().of(each).may(Action.FOLLOW).allowed())
            .collect(Collectors.toUnmodifiableMap(Entity::name, each -> caller.rights().of(each))));
  }

  /** What is told of it; null for nothing. */
  @Nullable Told of(Told told) {
    if (known == null) {
      return told;
    }
    EntityRights rights = known.get(told.entity().name());
    if (rights == null) {
      return null;
    }
    return rights.whole(Action.FOLLOW) ? told : seen(rights, told);
  }

  private static @Nullable Told seen(EntityRights rights, Told told) {
    Row row = told.row();
    Row now = told.now();
    Row shown = row == null || now == null ? null : rights.seen(Action.FOLLOW, now, row);
    Row before = told.before();
    Row was = before == null ? null : rights.seen(Action.FOLLOW, before);
    // Where all records are shown, one of which nothing is known is among them.
    boolean wasShown = was != null || (before == null && !rights.someRows(Action.FOLLOW));
    return switch (told.kind()) {
      case TRUNCATED -> told;
      case DELETED, MOVED_AWAY -> wasShown ? told.seenAs(told.kind(), null, was, false) : null;
      case CREATED, MOVED_HERE ->
          shown == null ? null : told.seenAs(told.kind(), shown, was, wasShown);
      case READ, UPDATED -> {
        if (shown == null || now == null) {
          yield was == null ? null : told.seenAs(Told.Kind.DELETED, null, was, false);
        }
        yield before != null && was == null
            ? told.seenAs(Told.Kind.CREATED, rights.seen(Action.FOLLOW, now), null, false)
            : told.seenAs(told.kind(), shown, was, wasShown);
      }
    };
  }
}
