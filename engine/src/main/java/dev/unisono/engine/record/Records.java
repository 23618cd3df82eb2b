package dev.unisono.engine.record;

import dev.unisono.engine.entity.Entity;
import dev.unisono.engine.journal.Cursor;
import dev.unisono.spi.Key;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The records of all entities, a projection of the journal with a cursor of its own. Safe for
 * threads.
 */
public interface Records {
  /** The position that answers given now reflect at least. */
  Cursor position();

  /** A record; one with a null row where it was deleted; empty where it never was. */
  Optional<EntityRecord> find(Entity entity, Key key);

  /** A page of records that are not deleted, and the position they reflect. */
  Page list(Entity entity, RecordQuery query);

  /** How many records of an entity are there. */
  long count(Entity entity);

  /** Waits until answers reflect a sequence of the present epoch; false when the time is over. */
  boolean awaitSequence(long sequence, Duration atMost) throws InterruptedException;

  /** A page of a list. */
  record Page(List<EntityRecord> records, boolean more, Cursor position) {}
}
