package dev.unisono.engine.record;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.engine.record.RecordQuery.Edge;
import dev.unisono.spi.Key;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The records of all entities, a projection of the journal with a cursor of its own. Safe for
 * threads.
 */
public interface Records {
  /** The position that answers given now reflect at least. */
  Cursor position();

  /** A record; one with a null row where it was deleted; empty where it never was. */
  Optional<EntityRecord> find(Entity entity, Key key);

  /** The same where memory has the record, else null. Does not block. */
  @Nullable EntityRecord held(Entity entity, Key key);

  /**
   * A page of records that are not deleted, and the position they reflect.
   *
   * @throws dev.unisono.spi.UnisonoException list-too-slow
   */
  Page list(Entity entity, RecordQuery query);

  /** The same where memory has it as it is now, else null. Does not block. */
  @Nullable Page held(Entity entity, RecordQuery query);

  /** How many records of an entity are there. */
  long count(Entity entity);

  /** Waits until answers reflect a sequence of the present epoch; false when the time is over. */
  boolean awaitSequence(long sequence, Duration atMost) throws InterruptedException;

  /**
   * A page of a list.
   *
   * @param previous where the page before it lies; null where there is none
   * @param next where the page behind it lies; null where there is none
   * @param total how many records the whole list has; null where it was not asked for, or takes too
   *     long to count
   * @param position the position that all of it reflects
   */
  record Page(
      List<EntityRecord> records,
      @Nullable Edge previous,
      @Nullable Edge next,
      @Nullable Long total,
      Cursor position) {
    /** The same where nothing of it has changed up to a later position. */
    Page at(Cursor later) {
      return new Page(records, previous, next, total, later);
    }

    /** The same page with records that look otherwise, or that are fewer. */
    public Page of(List<EntityRecord> others) {
      return new Page(others, previous, next, total, position);
    }

    /** Of an entity that is not there any more. */
    public static Page nothing(Cursor position) {
      return new Page(List.of(), null, null, null, position);
    }
  }
}
