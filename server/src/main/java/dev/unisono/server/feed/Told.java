package dev.unisono.server.feed;

import dev.unisono.engine.entity.Entity;
import dev.unisono.spi.Key;
import dev.unisono.spi.Row;
import dev.unisono.spi.Unchanged;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What an event tells of: one change, one half of a change that moved a key, or a record of a
 * snapshot. Immutable.
 *
 * @param key null only where all records were deleted
 * @param previousKey where the record moved: the key before
 * @param epoch of the journal, to which the version belongs
 * @param origin null for a record of a snapshot
 * @param row what the source told of the record afterwards; null where it is gone
 * @param before the whole record before; null where that is not known, or there was none
 */
public record Told(
    Kind kind,
    Entity entity,
    @Nullable Key key,
    @Nullable Key previousKey,
    long epoch,
    long version,
    Instant time,
    @Nullable String origin,
    @Nullable Row row,
    @Nullable Row before) {
  /** What became of the record. */
  public enum Kind {
    CREATED("created"),
    /** Read, perhaps not for the first time. */
    READ("created"),
    UPDATED("updated"),
    /** The half of a moved key under which the record is no more. */
    MOVED_AWAY("deleted"),
    /** The half of a moved key under which the record is now. */
    MOVED_HERE("created"),
    DELETED("deleted"),
    TRUNCATED("truncated");

    private final String event;

    Kind(String event) {
      this.event = event;
    }

    /** The name of the event that tells it. */
    public String event() {
      return event;
    }
  }

  /**
   * The same as somebody sees it who is shown less.
   *
   * @param fromWhere whether the key before is told, too
   */
  Told seenAs(Kind as, @Nullable Row shown, @Nullable Row was, boolean fromWhere) {
    return new Told(
        as, entity, key, fromWhere ? previousKey : null, epoch, version, time, origin, shown, was);
  }

  /** The record afterwards, as far as it is known; null where it is gone. */
  public @Nullable Row now() {
    return row == null || before == null ? row : row.over(before);
  }

  /** The names of the fields that changed; of those that are known before and afterwards. */
  public List<String> changed() {
    List<String> names = new ArrayList<>();
    if (row != null && before != null) {
      for (int i = 0; i < row.schema().size(); i++) {
        Object value = row.value(i);
        if (value != Unchanged.UNCHANGED && !Objects.deepEquals(value, before.value(i))) {
          names.add(row.schema().field(i).name());
        }
      }
    }
    return names;
  }
}
